-- Local days and terms, for PostgreSQL. Instants, and times as clocks show them, are microseconds since 1970. Those
-- after the spans that Python tells are moved back by whole cycles of the calendar. No function reads a table: the
-- spans of each zone stand in the first three, as sorted arrays.

-- The offset from UTC at an instant.
CREATE OR REPLACE FUNCTION ansgar_offset(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    moved bigint := CASE WHEN instant < %(last)s THEN instant ELSE instant - ((instant - %(last)s) / %(cycle)s + 1) * %(cycle)s END;
BEGIN
    CASE zone_name
    %(offsets)s
    ELSE RAISE EXCEPTION 'a zone is unknown' USING ERRCODE = 'XX000';
    END CASE;
END $$;

-- The time that clocks show at the end of the span before that of an instant; null in the first span.
CREATE OR REPLACE FUNCTION ansgar_shown_before(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    cycled bigint := CASE WHEN instant < %(last)s THEN 0 ELSE ((instant - %(last)s) / %(cycle)s + 1) * %(cycle)s END;
BEGIN
    CASE zone_name
    %(shown_before)s
    ELSE RAISE EXCEPTION 'a zone is unknown' USING ERRCODE = 'XX000';
    END CASE;
END $$;

-- The first instant at which clocks show a time, or a later one where that time is skipped.
CREATE OR REPLACE FUNCTION ansgar_instant(wall bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    cycled bigint := CASE WHEN wall < %(last)s THEN 0 ELSE ((wall - %(last)s) / %(cycle)s + 1) * %(cycle)s END;
    span integer;
BEGIN
    CASE zone_name
    %(instants)s
    ELSE RAISE EXCEPTION 'a zone is unknown' USING ERRCODE = 'XX000';
    END CASE;
END $$;

-- The local day of an instant, in days since 1970.
CREATE OR REPLACE FUNCTION ansgar_day(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    shown bigint := instant + ansgar_offset(instant, zone_name);
BEGIN
    RETURN CASE WHEN shown >= 0 THEN shown / %(day)s ELSE (shown + 1) / %(day)s - 1 END;
END $$;

-- The first instant of the local day of an instant.
CREATE OR REPLACE FUNCTION ansgar_day_start(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN RETURN ansgar_instant(ansgar_day(instant, zone_name) * %(day)s, zone_name); END $$;

-- The first instant after the local day of an instant.
CREATE OR REPLACE FUNCTION ansgar_day_end(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN RETURN ansgar_instant((ansgar_day(instant, zone_name) + 1) * %(day)s, zone_name); END $$;

-- The start in one zone of the day that began at an instant in another.
CREATE OR REPLACE FUNCTION ansgar_rezoned(instant bigint, old_zone text, new_zone text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN RETURN ansgar_instant(ansgar_day(instant, old_zone) * %(day)s, new_zone); END $$;

-- Month and day (MMDD) of an instant.
CREATE OR REPLACE FUNCTION ansgar_month_day(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    shown date := date '1970-01-01' + ansgar_day(instant, zone_name)::integer;
BEGIN
    RETURN extract(month FROM shown) * 100 + extract(day FROM shown);
END $$;

-- The instant at which a term has passed; null beyond the calendar. Days are counted by a clock that never runs
-- backwards: while it shows an hour for the second time, it shows when that ends.
CREATE OR REPLACE FUNCTION ansgar_term_end(
    instant bigint, in_months integer, in_days integer, in_minutes bigint, zone_name text
)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    due date;
    found bigint := instant;
BEGIN
    IF in_months <> 0 THEN
        due := date '1970-01-01' + ansgar_day(instant, zone_name)::integer;
        due := (due + make_interval(months => in_months))::date + in_days;
        found := ansgar_instant((due - date '1970-01-01')::bigint * %(day)s, zone_name);
    ELSIF in_days <> 0 THEN
        found := greatest(instant + ansgar_offset(instant, zone_name), ansgar_shown_before(instant, zone_name));
        found := ansgar_instant(found + in_days * %(day)s, zone_name);
    END IF;
    found := found + in_minutes * 60000000;
    RETURN CASE WHEN found < %(beyond)s THEN found END;
END $$;

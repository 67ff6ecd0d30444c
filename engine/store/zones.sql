-- Local days and terms, for PostgreSQL. Instants, and times as clocks show them, are microseconds since 1970; instants
-- after the spans of `zone_span` are moved back by whole cycles of the calendar.

-- What clocks in a zone show at an instant.
CREATE OR REPLACE FUNCTION ansgar_local(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    cycled bigint := CASE WHEN instant >= %(last)s THEN ((instant - %(last)s) / %(cycle)s + 1) * %(cycle)s ELSE 0 END;
    shown bigint;
BEGIN
    SELECT instant + s.utc_offset INTO shown FROM zone_span s
    WHERE s.zone = zone_name AND s.ends_at > instant - cycled ORDER BY s.ends_at LIMIT 1;
    IF shown IS NULL THEN RAISE EXCEPTION 'zone_span lacks a zone' USING ERRCODE = 'XX000'; END IF;
    RETURN shown;
END $$;

-- The same, so that a later instant never gives less: while an hour is shown again, that at which it ends.
CREATE OR REPLACE FUNCTION ansgar_wall(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    cycled bigint := CASE WHEN instant >= %(last)s THEN ((instant - %(last)s) / %(cycle)s + 1) * %(cycle)s ELSE 0 END;
    shown bigint;
    begun bigint;
    until bigint;
BEGIN
    shown := ansgar_local(instant, zone_name);
    SELECT s.starts_at INTO begun FROM zone_span s
    WHERE s.zone = zone_name AND s.ends_at > instant - cycled ORDER BY s.ends_at LIMIT 1;
    SELECT s.ends_at + s.utc_offset + cycled INTO until FROM zone_span s
    WHERE s.zone = zone_name AND s.ends_at = begun;
    RETURN greatest(shown, until);
END $$;

-- The first instant at which clocks show a time, or a later one where that time is skipped.
CREATE OR REPLACE FUNCTION ansgar_instant(wall bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    cycled bigint := CASE WHEN wall >= %(last)s THEN ((wall - %(last)s) / %(cycle)s + 1) * %(cycle)s ELSE 0 END;
    found bigint;
BEGIN
    SELECT greatest(wall - cycled - s.utc_offset, s.starts_at) + cycled INTO found FROM zone_span s
    WHERE s.zone = zone_name AND s.ends_at > wall - cycled - %(widest)s
        AND s.ends_at + s.utc_offset > wall - cycled
    ORDER BY s.ends_at LIMIT 1;
    IF found IS NULL THEN RAISE EXCEPTION 'zone_span lacks a zone' USING ERRCODE = 'XX000'; END IF;
    RETURN found;
END $$;

-- The local day of an instant, in days since 1970.
CREATE OR REPLACE FUNCTION ansgar_day(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    shown bigint := ansgar_local(instant, zone_name);
    over bigint := shown %% %(day)s;
BEGIN
    RETURN (shown - over) / %(day)s - CASE WHEN over < 0 THEN 1 ELSE 0 END;
END $$;

-- The first instant of the local day of an instant.
CREATE OR REPLACE FUNCTION ansgar_day_start(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN RETURN ansgar_instant(ansgar_day(instant, zone_name) * %(day)s, zone_name); END $$;

-- The first instant after the local day of an instant.
CREATE OR REPLACE FUNCTION ansgar_day_end(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN RETURN ansgar_instant((ansgar_day(instant, zone_name) + 1) * %(day)s, zone_name); END $$;

-- The start in one zone of the day that began at an instant in another.
CREATE OR REPLACE FUNCTION ansgar_rezoned(instant bigint, old_zone text, new_zone text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN RETURN ansgar_instant(ansgar_day(instant, old_zone) * %(day)s, new_zone); END $$;

-- Month and day (MMDD) of an instant.
CREATE OR REPLACE FUNCTION ansgar_month_day(instant bigint, zone_name text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE shown date := date '1970-01-01' + ansgar_day(instant, zone_name)::integer;
BEGIN RETURN extract(month FROM shown) * 100 + extract(day FROM shown); END $$;

-- The instant at which a term has passed; null beyond the calendar.
CREATE OR REPLACE FUNCTION ansgar_term_end(
    instant bigint, in_months integer, in_days integer, in_minutes bigint, zone_name text
) RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    due date;
    found bigint;
BEGIN
    IF in_months <> 0 THEN
        due := date '1970-01-01' + ansgar_day(instant, zone_name)::integer;
        due := (due + make_interval(months => in_months))::date + in_days;
        found := ansgar_instant((due - date '1970-01-01')::bigint * %(day)s, zone_name);
    ELSIF in_days <> 0 THEN
        found := ansgar_instant(ansgar_wall(instant, zone_name) + in_days * %(day)s, zone_name);
    ELSE
        found := instant;
    END IF;
    found := found + in_minutes * 60000000;
    RETURN CASE WHEN found < %(beyond)s THEN found END;
END $$;

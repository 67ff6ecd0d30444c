"""What every test stands on: logs as the service writes them, kept out of the way."""

import structlog

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

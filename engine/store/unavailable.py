"""Why a store cannot be used, for those who tell it to people; knows no database."""


class StoreUnavailable(Exception):
    """The store cannot be used now; the text says why and what to do."""


class StoreMisconfigured(StoreUnavailable):
    """The configuration asks for what the store cannot be."""

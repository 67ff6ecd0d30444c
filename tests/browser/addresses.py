"""Addresses: every page of the console in the story, by name. A new page is one entry here: what all pages keep is tested by it."""

PAGES = {
    "sign-in": "/sign-in",
    "today": "",
    "problem": "/nowhere",
}

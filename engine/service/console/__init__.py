"""The console: pages for operators, rendered here, that work without scripts; a page is a module and its template."""

"""Practice systems' exports as they are: CSV, Excel and vCard files, into people."""

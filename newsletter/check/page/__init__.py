"""The page as mail programs treat it: sizes, pictures, links, and the HTML and CSS they know."""

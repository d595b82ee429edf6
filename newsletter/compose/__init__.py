"""An issue into mail: rendered once, and filled for each subscriber last."""

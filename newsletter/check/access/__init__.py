"""What eyes, fingers and screen readers need of the page."""

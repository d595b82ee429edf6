"""placeholder"""
def look(theme): pass

"""Name of a browser and its system, so that a person recognizes their devices."""

BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""Word of the header User-Agent → name; most browsers name others behind themselves."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return a name such as «Chrome, Android»; of an unknown browser «Браузер»."""
    browser = next((name for word, name in BROWSERS if word in user_agent), "Браузер")
    system = next((name for word, name in SYSTEMS if word in user_agent), "")
    return f"{browser}, {system}" if system else browser

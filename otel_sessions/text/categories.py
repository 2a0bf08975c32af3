"""Categories: words that answer "which one?" by themselves, and what each is one of.

"On a mac" answers "which operating system do you use?" though no word is shared. Only what people
are often asked for, only words that mean little else, and no colours: each thing has its own.
English; written for this package.
"""

from collections.abc import Mapping

CATEGORIES: Mapping[str, str] = {
    word: category
    for category, words in {
        "system": "windows mac macos linux ubuntu debian android ios chromeos",
        "browser": "chrome firefox safari edge brave chromium",
        "language": """
            english german french spanish italian portuguese dutch polish turkish arabic chinese
            japanese korean russian ukrainian hindi swedish danish norwegian finnish czech greek""",
        "pay": "cash paypal visa mastercard amex klarna",
    }.items()
    for word in words.split()
}

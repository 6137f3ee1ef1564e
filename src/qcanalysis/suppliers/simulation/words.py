"""Invented names of suppliers, products, inspectors and defects of a simulated history."""

from __future__ import annotations

PLACES = (
    "Baishan Bridge", "Lotus Bay", "Two Rivers", "Jade Hill", "Old Ferry", "Camphor Lane",
    "East Lantern", "Red Kapok", "Stone Heron", "Bamboo Gate", "Nine Willows", "Clearwater Quay",
    "Silver Carp", "Tea Terrace", "Long Pagoda", "Plum Orchard", "Morning Tide", "Cedar Dyke",
    "Blue Monsoon", "Lychee Grove", "Tin Mountain", "Paper Kite", "White Egret", "Harbour Moon",
    "Cinnamon Pass", "Green Banyan", "Far Lighthouse", "Coral Steps", "Iron Lotus", "Amber Field",
    "Kingfisher", "Rice Barge",
)  # fmt: skip
TRADES = (
    "Metalware", "Promotional Gifts", "Enamel Works", "Die Casting", "Badge & Medal", "Hardware",
    "Keyring Factory", "Stamping", "Souvenirs", "Zinc Alloy Products", "Craft Metals", "Trophies",
    "Lanyards & Pins", "Coin Minting", "Plating & Assembly", "Ornaments", "Precision Gifts",
    "Buckles", "Brand Accessories", "Novelties", "Tin Boxes", "Bottle Openers", "Nameplates",
    "Fittings", "Light Industry", "Pewter", "Brassware", "Magnet Works", "Charm Makers",
    "Engraving", "Casting Cooperative", "Trading",
)  # fmt: skip
COUNTRIES = ("CN", "CN", "CN", "CN", "VN", "IN", "TW", "TH")
FORMS = {"CN": "Co., Ltd", "VN": "JSC", "IN": "Pvt. Ltd", "TW": "Inc.", "TH": "Co., Ltd"}

SKU_FAMILIES = ("enamel pins", "keychains", "coins", "medals", "bottle openers", "fridge magnets")
AGENCIES = {"Northgate Inspection": 0.97, "Harbour QC": 0.85, "Pearl Survey": 0.70}
"""Share of the nonconforming items of a sample that an agency's inspectors find on average."""
INSPECTORS_AN_AGENCY = 4

DEFECT_CODES = {
    "critical": ("sharp point", "loose small part", "lead above limit"),
    "major": (
        "plating void", "front scratch", "enamel missing", "colour off", "weak solder",
        "jump ring open", "wrong thickness",
    ),
    "minor": (
        "backside haze", "dust in enamel", "polishing line", "card off position", "bag mark",
        "flash on edge",
    ),
}  # fmt: skip


def supplier_name(number: int, country: str) -> str:
    """Name of the supplier with a number, no two alike below 1,024.

    Examples
    --------
    >>> supplier_name(0, "CN"), supplier_name(33, "VN")
    ('Baishan Bridge Metalware Co., Ltd', 'Lotus Bay Enamel Works JSC')
    """
    turn, place = divmod(number, len(PLACES))
    trade = TRADES[(place + turn) % len(TRADES)]
    later = turn // len(TRADES)
    return f"{PLACES[place]} {trade} {FORMS[country]}" + (f" No. {later + 1}" if later else "")

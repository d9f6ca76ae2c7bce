"""Users, as they were when an invoice was made (004:59-80, 137-158), with an address and telephone of their country."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from faker import Faker

from ...sdk import seeded_faker
from .. import _story

STATES = {
    "Portland": "Oregon", "Sacramento": "California", "Denver": "Colorado", "Austin": "Texas", "Miami": "Florida",
    "Chicago": "Illinois", "Boise": "Idaho",
}  # fmt: skip
LANGUAGES = {"DE": "de", "FR": "fr", "IT": "it"}
# By city the form of its telephone numbers and postcodes; # is any digit, ? a letter. Numbers are from ranges reserved
# for fiction, where a country has them.
TELEPHONES = {
    "Portland": "150355501##", "Sacramento": "191655501##", "Denver": "130355501##", "Austin": "151255501##",
    "Miami": "130555501##", "Chicago": "131255501##", "Boise": "120855501##", "Leeds": "441134960###",
    "Glasgow": "441414960###", "Bremen": "4942123125###", "Avignon": "3346571####", "Bari": "3908055501##",
}  # fmt: skip
POSTCODES = {
    "Portland": "972##", "Sacramento": "958##", "Denver": "802##", "Austin": "787##", "Miami": "331##",
    "Chicago": "606##", "Boise": "837##", "Leeds": "LS% %??", "Glasgow": "G% %??", "Bremen": "28%##",
    "Avignon": "84000", "Bari": "701##",
}  # fmt: skip
STREETS = {
    "US": ("{} Main Street", "{} Oak Avenue", "{} Lakeview Drive", "{} Second Street"),
    "GB": ("{} Station Road", "{} High Street", "{} Victoria Terrace", "{} Mill Lane"),
    "DE": ("Bahnhofstraße {}", "Hauptstraße {}", "Gartenweg {}", "Am Markt {}"),
    "FR": ("{} rue de la République", "{} avenue Victor Hugo", "{} place du Marché", "{} rue des Lilas"),
    "IT": ("Via Roma {}", "Via Garibaldi {}", "Corso Italia {}", "Piazza Mazzini {}"),
}
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # of a British postcode


@lru_cache(maxsize=len(_story.CUSTOMERS) * 4)
def company(seed: int, position: int) -> Mapping[str, Any]:
    """A customer of the story."""
    customer = _story.CUSTOMERS[position]
    fake = seeded_faker(seed, "wisecp", "user", position)
    name, surname = customer.contact
    return {
        "id": 11 + position,
        "lang": LANGUAGES.get(customer.country[0], "en"),
        "identity": None,
        "type": "corporate",
        "name": name,
        "surname": surname,
        "full_name": f"{name} {surname}",
        "email": customer.email,
        "phone": fake.numerify(TELEPHONES[customer.city]),
        "company_name": customer.company,
        "company_tax_number": fake.numerify("%########"),
        "company_tax_office": f"{customer.city} Tax Office",
        "address": _address(fake, customer),
    }


def person(seed: int, index: int, neighbour: _story.Customer) -> dict[str, Any]:
    """Somebody without a company, from the same city as a customer; has an identity number or none."""
    fake = seeded_faker(seed, "wisecp", index)
    name, surname = fake.first_name(), fake.last_name()
    return {
        "id": 101 + index,
        "lang": LANGUAGES.get(neighbour.country[0], "en"),
        "identity": fake.numerify("%##########") if fake.boolean() else None,
        "type": "individual",
        "name": name,
        "surname": surname,
        "full_name": f"{name} {surname}",
        "email": f"{name}.{surname}@example.com".lower(),
        "phone": fake.numerify(TELEPHONES[neighbour.city]),
        "company_name": "",
        "company_tax_number": "",
        "company_tax_office": "",
        "address": _address(fake, neighbour),
    }


def _address(fake: Faker, customer: _story.Customer) -> dict[str, str]:
    code, country = customer.country
    detail = fake.random_element(STREETS[code]).format(fake.random_int(1, 180))
    zipcode = fake.bothify(POSTCODES[customer.city], letters=LETTERS)
    return {
        "country_code": code,
        "country_name": country,
        "city": customer.city,
        "state": STATES.get(customer.city, ""),
        "detail": detail,
        "zipcode": zipcode,
    }

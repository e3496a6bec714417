"""Write customers.csv and new_customers.csv: invented customers of an invented company, some of whom leave.

The chance to leave depends on several columns at once: a price rise matters to customers without a contract, calls to
support matter more when the last message complains, and habits matter more in the first year.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TODAY = date(2026, 9, 1)
CUSTOMERS, NEW = 3000, 400
REGIONS = ["north", "south", "east", "west", "islands"]
PLANS = {"basic": 9.9, "family": 24.9, "business": 49.0}
PAYMENTS = ["card", "bank transfer", "invoice"]
DEVICES = [f"{maker} {series}{model}" for maker in ("Alba", "Kite", "Nord") for series in "XZ" for model in range(1, 9)]
CALM = [
    "Could you send me the invoice for {month} again?",
    "How do I add a second user to my account?",
    "Thank you, everything works again since {month}.",
    "I would like to change my address from {month} on.",
    "Is there a discount if we pay for a whole year?",
    "The new app is great, my {device} finally syncs.",
]
ANGRY = [
    "My {device} loses the connection every evening, nobody helps.",
    "The invoice for {month} is wrong again!",
    "Too expensive for what it is. How can I cancel?",
    "The other provider is faster and half the price.",
    "I waited forty minutes on the phone in {month}.",
    "I want to cancel, the {device} never worked as promised.",
]
GREETINGS = ["Hello,", "Hi,", "Dear team,", "Good morning,", ""]
CLOSINGS = ["Regards, {name}", "Thanks, {name}", "{name}", "Ticket {ticket}", "See ticket {ticket}. {name}"]
NAMES = ["Ada", "Bo", "Cem", "Dana", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jo", "Kim", "Lea", "Max", "Nia", "Ole", "Pia"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August"]


def customer(number: int, random: np.random.Generator) -> dict[str, object]:
    """Return one customer with the column `churned`."""
    months = int(random.gamma(1.6, 14))
    signed_up = TODAY - timedelta(days=30 * months + int(random.integers(0, 30)))
    plan = str(random.choice(list(PLANS), p=[0.55, 0.33, 0.12]))
    contract = bool(random.random() < (0.35 if plan == "basic" else 0.6))
    price = PLANS[plan] * float(random.lognormal(0, 0.12))
    price_rise = float(np.round(max(0.0, random.normal(4, 4)), 1))
    age = int(np.clip(random.normal(45, 16), 18, 92))
    logins = int(random.poisson(2 + 12 * random.beta(1.3, 2.2)))
    usage = float(random.lognormal(2.2 + 0.05 * logins, 0.7))
    calls = int(random.poisson(0.7))
    region = str(random.choice(REGIONS, p=[0.3, 0.26, 0.2, 0.18, 0.06]))
    device = str(random.choice(DEVICES, p=_weights(len(DEVICES))))
    angry = random.random() < 0.25 + 0.12 * min(calls, 3)
    words = message(ANGRY if angry else CALM, device, random)
    writes = random.random() < 0.55
    payment = str(random.choice(PAYMENTS, p=[0.6, 0.3, 0.1]))

    risk = -2.3
    risk += 0.22 * price_rise * (not contract)
    risk += (0.9 if angry else 0.25) * min(calls, 3)
    risk += 1.1 * (angry and writes)
    risk -= 0.16 * logins * (1.15 if months < 12 else 0.85)
    risk += 0.6 * (months < 4) - 0.3 * (months > 36)
    risk += 0.9 * (region == "islands") + 0.5 * (device.startswith("Kite X"))
    risk += 0.6 * (payment == "invoice" and plan == "basic") + 0.5 * (age < 26)
    churned = random.random() < 1 / (1 + np.exp(-1.35 * risk - 0.6))
    return {
        "customer_id": f"C{100000 + 7 * number}",
        "signed_up": signed_up.isoformat(),
        "region": region,
        "age": "" if random.random() < 0.11 else age,
        "plan": plan,
        "contract": "yes" if contract else "no",
        "payment": payment,
        "monthly_price": f"{price:.2f}",
        "price_rise_percent": "" if months < 12 and random.random() < 0.3 else price_rise,
        "logins_last_month": logins,
        "usage_gb": "" if random.random() < 0.05 else f"{usage:.1f}",
        "support_calls": calls,
        "device": device,
        "last_message": words if writes else "",
        "churned": "yes" if churned else "no",
    }


def message(bodies: list[str], device: str, random: np.random.Generator) -> str:
    """Return a message to the support team."""
    parts = [str(random.choice(pieces)) for pieces in (GREETINGS, bodies, CLOSINGS)]
    details = {"month": random.choice(MONTHS), "name": random.choice(NAMES), "ticket": random.integers(1000, 9999)}
    return " ".join(filter(None, parts)).format(device=device, **details)


def _weights(many: int) -> np.ndarray:
    """Return how often each of many things occurs: few are common, most are rare."""
    weights = 1 / np.arange(1, many + 1)
    return np.asarray(weights / weights.sum())


def write(path: Path, rows: list[dict[str, object]], leave_out: str = "") -> None:
    """Write rows as CSV, without one column."""
    names = [name for name in rows[0] if name != leave_out]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    generator = np.random.default_rng(15)
    customers = [customer(number, generator) for number in range(CUSTOMERS + NEW)]
    write(HERE / "customers.csv", customers[:CUSTOMERS])
    write(HERE / "new_customers.csv", customers[CUSTOMERS:], leave_out="churned")

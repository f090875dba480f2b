"""The Python tasks of the example: a month's orders, read, summed up, and made into a report."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from dags.callables import register

ORDERS = Path(__file__).parent / "orders.csv"


@register
def read_orders() -> dict[str, Any]:
    """Check that every order can be read; return how many there are and of which days."""
    days = [order["date"] for order in _orders()]
    return {"orders": len(days), "first": min(days), "last": max(days)}


@register
def revenue_by_country() -> dict[str, float]:
    """Return each country's revenue."""
    revenue: Counter[str] = Counter()
    for order in _orders():
        revenue[order["country"]] += order["cents"]
    return {country: cents / 100 for country, cents in revenue.items()}


@register
def best_sellers(count: int = 3) -> list[str]:
    """Return the products sold most often, the first one first."""
    sold: Counter[str] = Counter()
    for order in _orders():
        sold[order["product"]] += order["quantity"]
    return [product for product, _ in sold.most_common(count)]


@register
def write_report(
    read: dict[str, Any], revenue: dict[str, float], best: list[str], large: str, approved_by: str
) -> dict[str, str]:
    """Return the report as a title and its text, made of the results of the tasks before."""
    title = f"{read['orders']} orders, {sum(revenue.values()):.2f} EUR"
    lines = [f"{country}: {amount:.2f} EUR" for country, amount in Counter(revenue).most_common()]
    text = "\n".join([*lines, f"Best sellers: {', '.join(best)}", f"Large orders: {large}", f"Approved by {approved_by}"])
    return {"title": title, "text": text}


def _orders() -> list[dict[str, Any]]:
    with ORDERS.open(newline="") as file:
        return [_order(row) for row in csv.DictReader(file)]


def _order(row: dict[str, str]) -> dict[str, Any]:
    quantity = int(row["quantity"])
    cents = quantity * round(float(row["unit_price"]) * 100)
    return {"date": row["date"], "country": row["country"], "product": row["product"], "quantity": quantity, "cents": cents}

"""Carton numbers as marked on the goods: text with a number at its end, such as ``"K-041"``."""

import re
from dataclasses import dataclass

_CARTON_NUMBER = re.compile(r"(.*?)([0-9]{1,15})")


@dataclass(frozen=True, order=True)
class CartonNumber:
    """Carton number taken apart, so that ranges can be compared.

    Examples
    --------
    >>> CartonNumber.parse("K-041")
    CartonNumber(prefix='K-', number=41, digits='041')
    >>> CartonNumber.parse("K-041") < CartonNumber.parse("K-110")
    True
    """

    prefix: str
    number: int
    digits: str

    @classmethod
    def parse(cls, text: str) -> "CartonNumber | None":
        """Carton number in `text`, or None where it does not end in a number."""
        match = _CARTON_NUMBER.fullmatch(text)
        return None if match is None else cls(match[1], int(match[2]), match[2])

    def written(self, number: int) -> str:
        """Number of another carton, marked in the manner of this one.

        Examples
        --------
        >>> CartonNumber.parse("K-041").written(7)
        'K-007'
        """
        is_padded = self.digits.startswith("0")
        width = len(self.digits) if is_padded else 0
        return f"{self.prefix}{number:0{width}d}"


@dataclass(frozen=True)
class CartonRange:
    """Cartons from `first` to `last`, both included.

    Examples
    --------
    >>> cartons = CartonRange.parse("001", "040")
    >>> len(cartons), "007" in cartons, "7" in cartons
    (40, True, False)
    """

    first: CartonNumber
    last: CartonNumber

    @classmethod
    def parse(cls, first: str | None, last: str | None) -> "CartonRange | None":
        """Range between two carton numbers; None where it is not one, or runs backwards."""
        start = CartonNumber.parse(first or "")
        end = CartonNumber.parse(last or "")
        if start is None or end is None or start.prefix != end.prefix or end.number < start.number:
            return None
        return cls(start, end)

    def __len__(self) -> int:
        return self.last.number - self.first.number + 1

    def __contains__(self, carton_no: str) -> bool:
        return self.holds_number_of(carton_no) and self.marked(carton_no) == carton_no

    def holds_number_of(self, carton_no: str) -> bool:
        """Whether the carton's number lies in the range, leading zeros left out of account."""
        carton = CartonNumber.parse(carton_no)
        return (
            carton is not None
            and carton.prefix == self.first.prefix
            and self.first.number <= carton.number <= self.last.number
        )

    def marked(self, carton_no: str) -> str:
        """Carton number with the leading zeros that the marks of this range have."""
        carton = CartonNumber.parse(carton_no)
        return carton_no if carton is None else self.first.written(carton.number)

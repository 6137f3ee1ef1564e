"""Numbers of one path for one product: chances, costs, bad pieces, the buyer's expected loss."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from qcanalysis.recovery.ways_out.catalogue import Catalogue, Risk
from qcanalysis.recovery.ways_out.cost import (
    Costs,
    air_freight_costs,
    cost_table,
    round_costs,
    total_distribution,
)
from qcanalysis.recovery.ways_out.grid_distribution import GridDistribution
from qcanalysis.recovery.ways_out.options import SHIPS_AS_IT_IS, RecoveryOption
from qcanalysis.recovery.ways_out.passing import (
    FractionPosterior,
    PassChance,
    fraction_posterior,
    pass_chance,
    remade_chance,
)
from qcanalysis.recovery.ways_out.prices import PriceQuote
from qcanalysis.recovery.ways_out.situation import ClassCount, OrderSituation, SkuSituation
from qcanalysis.recovery.ways_out.timeline import RemakeLot, Timeline
from qcanalysis.recovery.ways_out.work import (
    UNTOUCHED,
    Effect,
    RecoveryPath,
    Work,
    effect_of,
    work_of,
)
from qcanalysis.sampling import SamplingPlan, lookup_plan
from qcanalysis.sampling.distributions import Array


@dataclass(frozen=True, eq=False)
class PathEstimate:
    """Numbers of a path; arrays run over the posterior's fractions nonconforming.

    Attributes
    ----------
    posterior
        Fraction nonconforming before any work.
    pass_first, pass_second
        Chance to pass at the first, and at the second try only.
    on_vessel, goes_late
        Chance to be free by the cut-off, and to be free but later.
    shipped, bad_shipped
        Pieces that ship if the goods go, and bad ones among them times that chance.
    loss
        Buyer's expected loss [order currency].
    events
        Probability and costs of: the work, a second round, air freight.
    money_at_risk
        Money paid, or due at release, before the goods have passed [order currency].
    """

    posterior: FractionPosterior
    pass_first: Array
    pass_second: Array
    on_vessel: Array
    goes_late: Array
    shipped: Array
    bad_shipped: Array
    loss: Array
    events: tuple[tuple[float, Costs], ...]
    money_at_risk: float
    brand_risk: Risk
    brand_risk_reason: str

    def mean(self, values: Array) -> float:
        """Average over the posterior of an array that runs over its fractions."""
        return float(values @ self.posterior.weights)

    @property
    def expected_loss(self) -> float:
        """Buyer's expected loss [order currency]."""
        return self.mean(self.loss)

    @property
    def bad_pieces(self) -> float:
        """Mean number of bad pieces that ship, given that the goods go."""
        goes = self.mean(self.on_vessel + self.goes_late)
        return self.mean(self.bad_shipped) / goes if goes > 0 else 0.0

    @cached_property
    def cost_distribution(self) -> GridDistribution:
        """Distribution of the failure cost over all payers [order currency]."""
        (_, always), (second, more), (late, flown) = self.events
        together = min(second, late)  # what is late mostly had a second round
        cases = [
            (1 - max(second, late), ()),
            (together, (more, flown)),
            (second - together, (more,)),
            (late - together, (flown,)),
        ]
        return total_distribution(always, [(p, costs) for p, costs in cases if p > 0])

    def cost_table(self) -> pd.DataFrame:
        """Table of the eight cost lines with their payers (R66)."""
        return cost_table(self.events)


@dataclass(frozen=True)
class PathEstimator:
    """What is known of one path for one product, ready to be put into numbers."""

    path: RecoveryPath
    line: SkuSituation
    order: OrderSituation
    catalogue: Catalogue
    posterior: FractionPosterior
    count: ClassCount
    quote: PriceQuote
    days: Timeline
    remade: RemakeLot | None

    def run(self) -> PathEstimate | str:
        """Estimate, or what is missing."""
        if self.path.option is RecoveryOption.PARTIAL_ACCEPTANCE and not (
            self.line.has_passed or self.line.good_part
        ):
            return "quantity and sample of the part to accept"
        effects = self._effects()
        if isinstance(effects, str):
            return effects
        effect = effects[self.count.defect_class]
        work = work_of(
            self.path,
            self.line,
            self.posterior,
            effect,
            self.days,
            remade=self.remade,
            false_rejects=self.catalogue.false_rejects.mean,
        )
        chance = self._chance(effects)
        return self._estimate(work, chance)

    def _effects(self) -> dict[str, Effect] | str:
        """Effect on each class; a class that passed is left alone."""
        finding = self.catalogue.finding[self.order.sorted_by]
        effects: dict[str, Effect] = {}
        for count in self.line.class_counts:
            faults = [f for f in self.line.open_faults if f.defect_class == count.defect_class]
            effect: Effect | str = Effect(UNTOUCHED, UNTOUCHED)
            if count.is_accepted is not True and count.found > 0:
                effect = effect_of(self.path, faults, finding, self.catalogue)
            if isinstance(effect, str):
                return effect
            effects[count.defect_class] = effect
        return effects

    def _plan(self, defect_class: str, quantity: int, *, remade: bool = False) -> SamplingPlan:
        terms = self.catalogue.reinspection
        level = terms.remade_level if remade else terms.inspection_level
        aql = terms.aql_percent[defect_class]
        return lookup_plan(quantity, aql, inspection_level=level).plan

    def _chance(self, effects: dict[str, Effect]) -> PassChance:
        fractions, option = self.posterior.fractions, self.path.option
        ones = np.ones_like(fractions)
        if option in SHIPS_AS_IT_IS or self.line.has_passed:
            return PassChance(ones, ones, ones, fractions, fractions, fractions)
        if option is RecoveryOption.REJECT:
            return PassChance(*(0 * ones for _ in range(6)))
        if option is RecoveryOption.PARTIAL_ACCEPTANCE and self.line.good_part is not None:
            return self._good_part_chance(ones)
        chances = [self._class_chance(count, effects) for count in self._counted()]
        if option is RecoveryOption.PARTIAL_REMAKE and self.remade is not None:
            chances.append(self._remade_chance(self.remade.quantity, effects))
        chance = chances[0]
        for other in chances[1:]:
            chance = chance.and_of(other)
        return chance

    def _counted(self) -> list[ClassCount]:
        """Classes in the outlook, the leading one first; critical only where one was found."""
        others = [
            c
            for c in self.line.class_counts
            if c is not self.count and (c.defect_class != "critical" or c.found > 0)
        ]
        return [self.count, *others]

    def _class_chance(self, count: ClassCount, effects: dict[str, Effect]) -> PassChance:
        name = count.defect_class
        if self.path.option is RecoveryOption.FULL_REMAKE:
            chance = self._remade_chance(self.line.quantity, effects, name)
            if count is not self.count:
                return chance
            ones = np.ones_like(self.posterior.fractions)
            parts = (chance.first, chance.second, chance.both)
            bad = (chance.bad_first, chance.bad_second, chance.bad_both)
            return PassChance(*(value * ones for value in (*parts, *bad)))
        plan = self._plan(name, self.line.quantity)
        if count is self.count:
            return pass_chance(plan, self.posterior.fractions, effects[name].removal)
        prior = fraction_posterior(count, self.line.quantity)
        return pass_chance(plan, prior.fractions, effects[name].removal).averaged(prior.weights)

    def _remade_chance(
        self, quantity: int, effects: dict[str, Effect], name: str | None = None
    ) -> PassChance:
        """Chance of a remade lot, sorted once more before a second re-inspection."""
        name = name or self.count.defect_class
        finding = self.catalogue.finding[self.order.sorted_by]["cosmetic"]
        plan = self._plan(name, quantity, remade=True)
        found = effects[name].found
        return remade_chance(
            plan, self.catalogue.remade_fraction[name], found if found.high > 0 else finding
        )

    def _good_part_chance(self, ones: Array) -> PassChance:
        part = self.line.good_part
        assert part is not None
        count = ClassCount(self.count.defect_class, part.found, part.sample_size)
        prior = fraction_posterior(count, part.quantity)
        plan = self._plan(count.defect_class, part.quantity)
        chance = pass_chance(plan, prior.fractions, UNTOUCHED).averaged(prior.weights)
        first, bad = chance.first * ones, chance.bad_first * ones
        return PassChance(first, first, first, bad, bad, bad)

    def _estimate(self, work: Work, chance: PassChance) -> PathEstimate:
        cut_off = self.order.days_to_cut_off or 0.0
        second_try = chance.at_second_try if self.days.second else 0 * chance.first
        in_time = chance.first * self.days.first.probability_of_at_most(cut_off)
        if self.days.second:
            in_time = in_time + second_try * self.days.second.probability_of_at_most(cut_off)
        late = np.clip(chance.first + second_try - in_time, 0.0, None)
        bad = chance.bad_shipped * work.shipped
        if self.remade is not None:
            going = in_time + late
            replaced = self.catalogue.remade_fraction[self.count.defect_class].mean
            bad = bad + going * replaced * self.remade.needed
        always, second, flown = self._costs(work)
        loss = self._loss(work, chance, in_time, late, bad, (always, second, flown))
        mean_late = float(late @ self.posterior.weights)
        fails = float((1 - chance.first) @ self.posterior.weights) if self.days.second else 0.0
        risk, why = self._brand_risk(bad, in_time + late, work)
        return PathEstimate(
            posterior=self.posterior,
            pass_first=chance.first,
            pass_second=second_try,
            on_vessel=in_time,
            goes_late=late,
            shipped=work.shipped,
            bad_shipped=bad,
            loss=loss,
            events=((1.0, always), (fails, second), (mean_late if flown.lines else 0.0, flown)),
            money_at_risk=self._money_at_risk(),
            brand_risk=risk,
            brand_risk_reason=why,
        )

    def _costs(self, work: Work) -> tuple[Costs, Costs, Costs]:
        price, contract = self.quote.price, self.order.contract
        common = {
            "price": price,
            "goods_value": price.times(self.line.quantity),
            "rates": self.catalogue.rates,
            "contract": contract,
        }
        nothing = Costs(())
        always = round_costs(work.first, **common)  # type: ignore[arg-type]
        second = round_costs(work.second, **common) if work.second else nothing  # type: ignore[arg-type]
        product = self.catalogue.product(self.line.product_family)
        flown = air_freight_costs(
            float(work.shipped @ self.posterior.weights),
            piece_weight=product.piece_weight if product else None,
            rates=self.catalogue.rates,
            contract=contract,
        )
        return always, second, flown or nothing

    def _loss(
        self,
        work: Work,
        chance: PassChance,
        in_time: Array,
        late: Array,
        bad: Array,
        costs: tuple[Costs, Costs, Costs],
    ) -> Array:
        """Buyer's expected loss for each fraction nonconforming."""
        always, second, flown = costs
        rates, price, quantity = self.catalogue.rates, self.quote.price.mean, self.line.quantity
        late = late if flown.lines else 0 * late  # late goods that cannot fly are missing
        going = in_time + late
        loss = always.buyers_mean + second.buyers_mean * (1 - chance.first)
        loss = loss + (flown.buyers_mean + price * rates.late_piece.mean * work.shipped) * late
        loss = loss + price * rates.bad_piece.mean * bad
        loss = loss + price * rates.missing_piece.mean * (quantity - work.shipped * going)
        loss = loss + self._paid * price * quantity * (1 - self._recovered) * (1 - going)
        if self.path.option is RecoveryOption.REPLACE_IN_NEXT_RUN:
            loss = loss - price * bad
        elif self.path.option in SHIPS_AS_IT_IS:
            loss = loss - price * quantity * (self.line.credit_share or 0.0)
        return loss

    @property
    def _paid(self) -> float:
        return 1.0 if self.order.balance_is_paid else self.catalogue.rates.deposit_share.mean

    @property
    def _recovered(self) -> float:
        rates, contract = self.catalogue.rates, self.order.contract
        named = contract.get("cancellation_clause") or contract.get("failure_consequences_clause")
        band = (
            rates.deposit_recovered_with_terms if named else rates.deposit_recovered_without_terms
        )
        return band.mean

    def _money_at_risk(self) -> float:
        value = self.quote.price.mean * self.line.quantity
        if self.line.has_passed:
            return 0.0
        return value if self.path.option in SHIPS_AS_IT_IS else self._paid * value

    def _brand_risk(self, bad: Array, going: Array, work: Work) -> tuple[Risk, str]:
        """The catalogue's judgement, raised where more than an AQL's worth of bad pieces ships."""
        defaults = self.catalogue.options[self.path.option]
        weights = self.posterior.weights
        shipped = float((work.shipped * going) @ weights)
        share = 100 * float(bad @ weights) / shipped if shipped else 0.0
        limits = self.catalogue.reinspection.aql_percent
        if share > limits["minor"]:
            return "high", f"{share:.1f} % of what ships is bad, above {limits['minor']} %"
        if share > limits["major"] and defaults.brand_risk == "low":
            return "medium", f"{share:.1f} % of what ships is bad, above {limits['major']} %"
        return defaults.brand_risk, defaults.brand_risk_reason

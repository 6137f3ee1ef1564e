"""Tables of the inspections: visits, results by class, units, findings, measurements, limits."""

from qcanalysis.records.fields import (
    Count,
    Date,
    Flag,
    Identifier,
    Moment,
    NonNegativeNumber,
    Number,
    PositiveCount,
    PositiveNumber,
    Text,
    optional,
    required,
)
from qcanalysis.records.goods import Record
from qcanalysis.records.terms import (
    AppearanceZone,
    CodeLetter,
    CountedPer,
    CountingBasis,
    DefectClass,
    FaultKind,
    InspectionKind,
    InspectionLevel,
    InspectionResult,
    PerformedBy,
    Repairability,
    SamplingType,
    Severity,
    UnitClassRule,
)


class Inspection(Record):
    """One visit and what its report says about itself (R02, R07, R47, R60).

    Examples
    --------
    >>> row = {"inspection_id": "PSI", "inspection_level": "II"}
    >>> Inspection.model_validate(row).severity is None
    True
    """

    key = ("inspection_id",)
    inspection_id: Identifier = required("number of the visit or report")
    inspection_kind: InspectionKind | None = optional("stage of the order it was made at")
    resubmission_of: Identifier | None = optional(
        "earlier visit whose failed goods were presented again",
        refers_to="inspections.inspection_id",
    )
    performed_by: PerformedBy | None = optional("who sent the inspector")
    agency: Text | None = optional("inspection agency")
    inspector_id: Identifier | None = optional("inspector")
    inspected_on: Date | None = optional("date of the visit")
    reported_at: Moment | None = optional("when the report was issued")
    standard: Text | None = optional("sampling standard and edition the report names")
    inspection_level: InspectionLevel | None = optional("inspection level")
    severity: Severity | None = optional("severity of inspection")
    sampling: SamplingType | None = optional("type of sampling plan")
    unit_class_rule: UnitClassRule | None = optional(
        "defective unit counted once by its worst defect, or once in every class it offends (T3)"
    )
    cartons_drawn: Count | None = optional("cartons opened", unit="cartons")
    sample_drawn_by: PerformedBy | None = optional("who chose the cartons and pieces")
    golden_sample_compared: Flag | None = optional("was the golden sample at the table")
    viewing_distance_cm: PositiveNumber | None = optional("viewing distance", unit="cm")
    illuminance_lux: PositiveNumber | None = optional("illuminance at the table", unit="lux")
    reported_result: InspectionResult | None = optional("overall result the report states")
    report_reference: Text | None = optional("report file or number")
    fee: NonNegativeNumber | None = optional("fee of the visit", unit="order currency")


class ClassResult(Record):
    """Plan and count of one defect class in one visit; no SKU means the order was pooled (R02).

    Examples
    --------
    >>> row = {"inspection_id": "PSI", "defect_class": "major", "acceptance_number": "5",
    ...        "found": "7"}
    >>> ClassResult.model_validate(row).sample_size is None
    True
    """

    key = ("inspection_id", "sku", "lot_id", "defect_class")
    inspection_id: Identifier = required(
        "visit the row belongs to", refers_to="inspections.inspection_id"
    )
    sku: Identifier | None = optional("product; empty: all products pooled", refers_to="skus.sku")
    lot_id: Identifier | None = optional("lot judged", refers_to="lots.lot_id")
    defect_class: DefectClass = required("class of defect")
    lot_size: PositiveCount | None = optional("pieces in the lot judged", unit="pieces")
    code_letter: CodeLetter | None = optional("sample size code letter the report states")
    aql_percent: PositiveNumber | None = optional(
        "AQL the report states, as tabulated", unit="% or per 100 items"
    )
    sample_size: PositiveCount | None = optional("pieces inspected", unit="pieces")
    acceptance_number: Count | None = optional("acceptance number Ac")
    rejection_number: Count | None = optional("rejection number Re")
    found: Count | None = optional("defects or defectives found")
    counting_basis: CountingBasis | None = optional("does `found` count defects or defectives (T3)")
    reported_result: InspectionResult | None = optional("result the report states for the class")


class Unit(Record):
    """One piece inspected, with its defects by class (T3).

    Examples
    --------
    >>> row = {"inspection_id": "PSI", "sku": "PIN", "sample_id": "P001",
    ...        "critical_defects": "0", "major_defects": "1", "minor_defects": "2"}
    >>> Unit.model_validate(row).major_defects
    1
    """

    key = ("inspection_id", "sku", "sample_id")
    inspection_id: Identifier = required(
        "visit the row belongs to", refers_to="inspections.inspection_id"
    )
    sku: Identifier = required("product code", refers_to="skus.sku")
    sample_id: Identifier = required("mark of the piece in the sample")
    carton_no: Identifier | None = optional("carton the piece was drawn from")
    critical_defects: Count = required("critical defects on the piece")
    major_defects: Count = required("major defects on the piece")
    minor_defects: Count = required("minor defects on the piece")


class Finding(Record):
    """One line of the defect list (R03, R07, R10-R14, R18, R19, R29).

    Examples
    --------
    >>> Finding.model_validate({"finding_id": "F1", "inspection_id": "PSI",
    ...     "defect_type": "front plating scratch", "defect_class": "major"}).count is None
    True
    """

    key = ("finding_id",)
    finding_id: Identifier = required("number of the line")
    inspection_id: Identifier = required(
        "visit the row belongs to", refers_to="inspections.inspection_id"
    )
    sku: Identifier | None = optional("product code", refers_to="skus.sku")
    defect_type: Text = required("defect in words, the same words for the same defect")
    defect_class: DefectClass = required("class of defect")
    fault_kind: FaultKind | None = optional("nature of the fault, apart from its class (R08)")
    appearance_zone: AppearanceZone | None = optional("zone of the piece it is in")
    place: Text | None = optional("place on the piece")
    count: Count | None = optional("times found on this line")
    counted_per: CountedPer | None = optional(
        "what one count stands for; only items enter the unit count (R29)"
    )
    sample_id: Identifier | None = optional("piece it was found on")
    carton_no: Identifier | None = optional("carton it was found in")
    photo: Text | None = optional("photo file or number")
    spec_reference: Identifier | None = optional(
        "specification line it offends", refers_to="specification.spec_id"
    )
    repairability: Repairability | None = optional("can the piece be put right (R18)")
    size_mm: NonNegativeNumber | None = optional("size of the defect", unit="mm")
    visible_seconds: NonNegativeNumber | None = optional("time until it is seen (R10)", unit="s")
    viewing_distance_cm: PositiveNumber | None = optional("viewing distance", unit="cm")
    illuminance_lux: PositiveNumber | None = optional("illuminance at the piece", unit="lux")
    fails_within_one_use: Flag | None = optional("can it fail within one event cycle (R11)")
    note: Text | None = optional("inspector's note")


class SpecificationLine(Record):
    """One requirement that can be inspected: place, size, light, gauge, class (R14, R22-R30).

    Examples
    --------
    >>> SpecificationLine.model_validate({"spec_id": "S1", "characteristic": "post offset",
    ...     "lower_limit": "-1.0", "upper_limit": "1.0", "unit": "mm"}).upper_limit
    1.0
    """

    key = ("spec_id",)
    spec_id: Identifier = required("number of the line")
    sku: Identifier | None = optional("product; empty: all products", refers_to="skus.sku")
    characteristic: Text = required("what is measured or looked for")
    place: Text | None = optional("place on the piece")
    nominal: Number | None = optional("nominal value", unit="see column unit")
    lower_limit: Number | None = optional("lower specification limit", unit="see column unit")
    upper_limit: Number | None = optional("upper specification limit", unit="see column unit")
    limits_conform: Flag | None = optional(
        'does a value equal to the limit conform; no for limits worded "under" or "above"'
    )
    unit: Text | None = optional("unit of the limits")
    max_count: Count | None = optional("most marks allowed inside the circle (R24)")
    count_circle_mm: PositiveNumber | None = optional("diameter of that circle", unit="mm")
    condition: Text | None = optional("when the line applies")
    method: Text | None = optional("gauge or test method")
    is_destructive: Flag | None = optional("does the test spoil the piece")
    test_cycles: PositiveCount | None = optional("cycles of the test (R28)")
    viewing_distance_cm: PositiveNumber | None = optional("viewing distance", unit="cm")
    illuminance_min_lux: PositiveNumber | None = optional("lowest illuminance", unit="lux")
    illuminance_max_lux: PositiveNumber | None = optional("highest illuminance", unit="lux")
    defect_class: DefectClass | None = optional("class of a breach")
    fault_kind: FaultKind | None = optional("nature of a breach")
    appearance_zone: AppearanceZone | None = optional("zone the line is about")
    counted_per: CountedPer | None = optional("judged on the item, the lot or the carton (R29)")
    po_lower_limit: Number | None = optional("lower limit of the PO", unit="see column unit")
    po_upper_limit: Number | None = optional("upper limit of the PO", unit="see column unit")
    source: Text | None = optional("document or rule the line comes from")


class Measurement(Record):
    """One measured value on one piece (R24-R28).

    Examples
    --------
    >>> Measurement.model_validate({"inspection_id": "PSI", "sku": "PIN", "sample_id": "P001",
    ...     "spec_id": "S1", "value": "0.85", "unit": "mm"}).value
    0.85
    """

    inspection_id: Identifier = required(
        "visit the row belongs to", refers_to="inspections.inspection_id"
    )
    sku: Identifier = required("product code", refers_to="skus.sku")
    sample_id: Identifier | None = optional("piece measured")
    spec_id: Identifier = required("specification line", refers_to="specification.spec_id")
    value: Number = required("measured value", unit="see column unit")
    unit: Text = required("unit of the value")
    gauge: Text | None = optional("gauge used")
    note: Text | None = optional("inspector's note")

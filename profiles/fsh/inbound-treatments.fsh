Invariant: effective-day
Description: "The time of a treatment has at least its day."
Severity: #error
Expression: "(effective.ofType(dateTime) | effective.ofType(Period).start).all(toString().length() >= 10)"

Invariant: performed-day
Description: "The time of a treatment has at least its day."
Severity: #error
Expression: "(performed.ofType(dateTime) | performed.ofType(Period).start).all(toString().length() >= 10)"

Invariant: dose-unit
Description: "A dose has a unit, as a code with its system or as text."
Severity: #error
Expression: "code.exists() or unit.exists()"

Invariant: product-named
Description: "The cell product is named: in code, usedCode or usedReference."
Severity: #error
Expression: "code.coding.exists() or usedCode.coding.exists() or usedReference.exists()"

Profile: CellInfusionAdministration
Parent: InboundMedicationAdministration
Id: cell-infusion-administration
Title: "A cell infusion as MedicationAdministration"
Description: "The product by code, or by reference to a Medication. In R4 medication[x] cannot refer to a BiologicallyDerivedProduct: use the Procedure profile for that. The dose is per kg (10*6.{cells}/kg) or total (10*6.{cells})."
* subject only Reference(Patient)
* status from TreatmentStatus (required)
* medicationCodeableConcept from CellProductCodes (extensible)
* obeys effective-day
* dosage 1..1
* dosage.dose 1..1
* dosage.dose.value 1..1
* dosage.dose obeys dose-unit

Profile: GrowthFactor
Parent: InboundMedicationAdministration
Id: growth-factor
Title: "A growth factor given"
Description: "Filgrastim, eltrombopag, epoetin and similar drugs raise counts: a response is confounded while they act."
* subject only Reference(Patient)
* status from TreatmentStatus (required)
* medicationCodeableConcept from GrowthFactorCodes (extensible)
* obeys effective-day

Profile: CellInfusionProcedure
Parent: InboundProcedure
Id: cell-infusion-procedure
Title: "A cell infusion as Procedure"
Description: "The product in usedCode, or in usedReference; the dose in the extension cell-dose."
* obeys product-named
* extension contains CellDose named cellDose 1..1 MS
* subject only Reference(Patient)
* performed[x] 1..1
* performed[x] only dateTime or Period
* obeys performed-day
* usedCode from CellProductCodes (extensible)

Profile: Transfusion
Parent: InboundProcedure
Id: transfusion
Title: "A transfusion"
Description: "Red cells, platelets, or a code that does not state which: then the transfusion confounds both."
* subject only Reference(Patient)
* code 1..1
* code from TransfusionCodes (extensible)
* performed[x] 1..1
* performed[x] only dateTime or Period
* obeys performed-day

ValueSet: TreatmentStatus
Id: treatment-status
Title: "Statuses of treatments"
Description: "Given, given in part, being given, not given, or entered in error. No other status states whether the treatment was given."
* ^experimental = false
* $medication-status#completed
* $medication-status#stopped
* $medication-status#in-progress
* $medication-status#not-done
* $medication-status#entered-in-error

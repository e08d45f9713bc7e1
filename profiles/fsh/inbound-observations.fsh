// Profiles that a sender may claim in meta.profile. A resource that claims one is checked against all of its rules.

Invariant: count-value
Description: "A result has a value or a dataAbsentReason."
Severity: #error
Expression: "value.exists() or dataAbsentReason.exists()"

Invariant: count-unit
Description: "A value has a unit: UCUM in system and code, or at least its text."
Severity: #error
Expression: "value.exists() implies (code.exists() or unit.exists())"

Invariant: count-day
Description: "The time of collection has at least its day."
Severity: #error
Expression: "effective.ofType(dateTime).exists() implies effective.ofType(dateTime).toString().length() >= 10"

RuleSet: Result
* status from ResultStatus (required)
* subject only Reference(Patient)
* effective[x] 1..1
* effective[x] only dateTime or instant
* obeys count-day
* dataAbsentReason MS

Profile: BloodCount
Parent: InboundObservation
Id: blood-count
Title: "A blood count or haemoglobin"
Description: "One result: leukocytes, neutrophils, haemoglobin, platelets or reticulocytes. The time is the time of collection. A comparator is kept. Text is not a value: state in dataAbsentReason why there is no number."
* insert Result
* obeys count-value
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains laboratory 1..1 MS
* category[laboratory] = $category#laboratory
* code from BloodCountCodes (extensible)
* code.coding 1..*
* value[x] only Quantity
* valueQuantity.value 1..1
* valueQuantity obeys count-unit
* component 0..0

Profile: BloodCountPanel
Parent: InboundObservation
Id: blood-count-panel
Title: "A blood count as one panel"
Description: "Several results of one specimen as components. The panel itself has no value; each component has a value or a dataAbsentReason."
* insert Result
* value[x] 0..0
* component 1..*
* component.code.coding 1..*
* component ^slicing.discriminator.type = #pattern
* component ^slicing.discriminator.path = "code"
* component ^slicing.rules = #open
* component contains hemoglobin 0..1 MS and platelets 0..1 MS
* component[hemoglobin].code = $loinc#718-7
* component[hemoglobin].value[x] only Quantity
* component[hemoglobin].valueQuantity.value 1..1
* component[hemoglobin].valueQuantity.unit 1..1
* component[platelets].code = $loinc#777-3
* component[platelets].value[x] only Quantity
* component[platelets].valueQuantity.value 1..1
* component[platelets].valueQuantity.unit 1..1

Profile: BodyWeight
Parent: InboundObservation
Id: body-weight
Title: "A body weight"
Description: "Required where a cell dose is sent as a total. The last weight before the infusion is used."
* insert Result
* code from BodyWeightCodes (extensible)
* value[x] 1..1
* value[x] only Quantity
* valueQuantity.value 1..1
* valueQuantity.comparator 0..0
* valueQuantity obeys count-unit
* dataAbsentReason 0..0

ValueSet: ResultStatus
Id: result-status
Title: "Statuses of results"
Description: "An Observation with any other status is not a result."
* ^experimental = false
* $observation-status#preliminary
* $observation-status#final
* $observation-status#amended
* $observation-status#corrected
* $observation-status#entered-in-error

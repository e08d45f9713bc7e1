Extension: CellDose
Id: cell-dose
Title: "Cell dose"
Description: "The cell dose of an infusion, per kg body weight (10*6.{cells}/kg) or in total (10*6.{cells}). For a Procedure, which has no dosage in R4."
Context: Procedure
* value[x] 1..1
* value[x] only Quantity
* valueQuantity.value 1..1
* valueQuantity.comparator 0..0

Extension: PlausibleRange
Id: plausible-range
Title: "Plausible range"
Description: "On a ConceptMap of units: a value outside this range is held for review."
Context: ConceptMap
* value[x] 1..1
* value[x] only Range

Extension: SpellingsOnly
Id: spellings-only
Title: "Only the spellings listed"
Description: "On a ConceptMap of units: a unit that is not listed is not a unit of this quantity, even if it is valid UCUM."
Context: ConceptMap
* value[x] 1..1
* value[x] only boolean

Extension: CodeHierarchy
Id: code-hierarchy
Title: "Codes include the codes below them"
Description: "On a ConceptMap group: a source code includes every code that begins with it, as in atc or icd-10."
Context: ConceptMap.group
* value[x] 1..1
* value[x] only code

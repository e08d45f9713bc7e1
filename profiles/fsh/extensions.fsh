Extension: CellDose
Id: cell-dose
Title: "Cell dose"
Description: "How many cells an infusion gave, per kg body weight or in all: 10*6.{cells}/kg or 10*6.{cells}. For a Procedure, which has no dosage of its own."
Context: Procedure
* value[x] 1..1
* value[x] only Quantity
* valueQuantity.value 1..1
* valueQuantity.comparator 0..0

Extension: PlausibleRange
Id: plausible-range
Title: "Plausible range"
Description: "On a ConceptMap of units: outside this range a value is held, not believed."
Context: ConceptMap
* value[x] 1..1
* value[x] only Range

Extension: SpellingsOnly
Id: spellings-only
Title: "Only the spellings listed"
Description: "On a ConceptMap of units: what is not listed is no unit of this quantity, even where it is valid UCUM."
Context: ConceptMap
* value[x] 1..1
* value[x] only boolean

Extension: CodeHierarchy
Id: code-hierarchy
Title: "Codes stand for what is below them"
Description: "On a ConceptMap group: a source code stands for every code that it begins, in the manner of atc or icd-10."
Context: ConceptMap.group
* value[x] 1..1
* value[x] only code

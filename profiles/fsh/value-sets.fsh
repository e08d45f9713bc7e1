// Value sets of the adapter's own codes. Those of standard codes (BloodCountCodes and its like) are made by the build
// from the ConceptMaps in mappings/, so that a code is written in one place.

ValueSet: AssessmentCodes
Id: assessment-codes
Title: "What is assessed"
Description: "All codes of the code system assessment."
* ^experimental = false
* include codes from system Assessment

ValueSet: ResponseClasses
Id: response-classes
Title: "Response classes"
Description: "All codes of the code system response-class."
* ^experimental = false
* include codes from system ResponseClass

ValueSet: CriteriaSets
Id: criteria-sets
Title: "Criteria sets that give a class"
Description: "The criteria sets under which a response class can be given."
* ^experimental = false
* include codes from system CriteriaSet
* exclude CriteriaSet#camitta-severity

ValueSet: AssessmentScopes
Id: assessment-scopes
Title: "Scopes of an assessment"
Description: "All codes of the code system assessment-scope."
* ^experimental = false
* include codes from system AssessmentScope

ValueSet: Deviations
Id: deviations
Title: "Deviations from the dosing plan"
Description: "All codes of the code system deviation."
* ^experimental = false
* include codes from system Deviation

ValueSet: Proposals
Id: proposals
Title: "Proposals"
Description: "All codes of the code system proposal."
* ^experimental = false
* include codes from system Proposal

ValueSet: AssessmentStatus
Id: assessment-status
Title: "Statuses of an assessment"
Description: "preliminary while a confirming count can come, amended after a recompute changed it, entered-in-error when its inputs were withdrawn."
* ^experimental = false
* $observation-status#preliminary
* $observation-status#final
* $observation-status#amended
* $observation-status#entered-in-error

ValueSet: DeviationStatus
Id: deviation-status
Title: "Statuses of a deviation"
Description: "final; amended after a correction changed it; entered-in-error when it is true no more."
* ^experimental = false
* $observation-status#final
* $observation-status#amended
* $observation-status#entered-in-error

ValueSet: ProposalStatus
Id: proposal-status
Title: "Statuses of a proposal"
Description: "active; revoked when the response that earned it is withdrawn."
* ^experimental = false
* http://hl7.org/fhir/request-status#active
* http://hl7.org/fhir/request-status#revoked

ValueSet: ProvenanceActivities
Id: provenance-activities
Title: "What was done to a resource that is written back"
Description: "Made, changed, or taken back."
* ^experimental = false
* $data-operation#CREATE
* $data-operation#UPDATE
* $data-operation#NULLIFY

ValueSet: MscProducts
Id: msc-products
Title: "Cell products"
Description: "All codes of the code system msc-product."
* ^experimental = false
* include codes from system MscProduct

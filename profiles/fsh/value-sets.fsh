// Value sets of the adapter's own codes. The build makes those of standard codes (such as BloodCountCodes) from the
// ConceptMaps in mappings/, so that a code is written in one place.

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
Title: "Criteria sets with response classes"
Description: "The criteria sets that can determine a response class."
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
Description: "preliminary while a confirming count is possible; amended after a re-evaluation changed it; entered-in-error after its inputs were retracted."
* ^experimental = false
* $observation-status#preliminary
* $observation-status#final
* $observation-status#amended
* $observation-status#entered-in-error

ValueSet: DeviationStatus
Id: deviation-status
Title: "Statuses of a deviation"
Description: "final; amended after a correction changed it; entered-in-error when it no longer holds."
* ^experimental = false
* $observation-status#final
* $observation-status#amended
* $observation-status#entered-in-error

ValueSet: ProposalStatus
Id: proposal-status
Title: "Statuses of a proposal"
Description: "active; revoked when the response no longer holds."
* ^experimental = false
* http://hl7.org/fhir/request-status#active
* http://hl7.org/fhir/request-status#revoked

ValueSet: ProvenanceActivities
Id: provenance-activities
Title: "What was done to a resource that is written back"
Description: "Created, changed, or retracted."
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

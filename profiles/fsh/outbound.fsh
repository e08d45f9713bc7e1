// What the adapter guarantees to an EHR that receives write-backs.

Invariant: assessment-value
Description: "A time to response is a quantity in days; every other assessment is a class."
Severity: #error
Expression: "iif(code.coding.where(code = 'time-to-lineage-response').exists(), value is Quantity, value is CodeableConcept)"

Invariant: assessment-identifier
Description: "The identifier is {study}.{subject}.{visit}.{scope}.{criteria set}."
Severity: #error
Expression: "value.matches('^.+[.].+[.].+[.](overall|erythroid|neutrophil|platelet)[.][a-z0-9-]+$')"

Invariant: named-patient
Description: "The patient is identified in this EHR: by a reference, or by an identifier of the EHR."
Severity: #error
Expression: "reference.exists() or identifier.value.exists()"

RuleSet: OneIdentifier(system)
* identifier 1..1 MS
* identifier.system 1..1
* identifier.system = "https://fhir-trial-adapter.example/fhir/sid/{system}"
* identifier.value 1..1

Profile: ResponseAssessment
Parent: Observation
Id: response-assessment
Title: "A response assessment"
Description: "The class of one subject at one visit in one scope under one criteria set, or the time to response, with its evidence and reasons. There is never more than one current resource with an identifier."
* obeys assessment-value
* extension contains $research-study named researchStudy 1..1 MS and $supporting-info named supportingInfo 0..* MS
* insert OneIdentifier(assessment)
* identifier obeys assessment-identifier
* status from AssessmentStatus (required)
* category 2..2
* category ^slicing.discriminator.type = #value
* category ^slicing.discriminator.path = "coding.system"
* category ^slicing.rules = #closed
* category contains endpoint 1..1 MS and scope 1..1 MS
* category[endpoint].coding 1..1
* category[endpoint].coding.system 1..1
* category[endpoint].coding.system = "https://fhir-trial-adapter.example/fhir/CodeSystem/observation-category"
* category[endpoint].coding.code = #trial-endpoint
* category[scope] from AssessmentScopes (required)
* category[scope].coding 1..1
* category[scope].coding.system 1..1
* category[scope].coding.system = "https://fhir-trial-adapter.example/fhir/CodeSystem/assessment-scope"
* code from AssessmentCodes (required)
* code.text 1..1
* subject 1..1 MS
* subject only Reference(Patient)
* subject obeys named-patient
* effective[x] 1..1 MS
* effective[x] only dateTime
* issued 1..1
* value[x] 1..1 MS
* value[x] only CodeableConcept or Quantity
* valueCodeableConcept from ResponseClasses (required)
* valueQuantity.system = $ucum
* valueQuantity.code = #d
* dataAbsentReason 0..0
* note MS
* method 1..1 MS
* method from CriteriaSets (required)
* method.coding 1..1
* method.coding.version 1..1
* device 1..1
* component 0..0
* hasMember 0..0
* derivedFrom MS

Profile: DoseDeviation
Parent: DetectedIssue
Id: dose-deviation
Title: "A deviation from the dosing plan"
Description: "A dose outside the protocol's limits, a missed or displaced infusion, or a dose that cannot be assessed without a body weight."
* insert OneIdentifier(deviation)
* status from DeviationStatus (required)
* code 1..1 MS
* code from Deviations (required)
* code.text 1..1
* severity 1..1
* patient 1..1 MS
* patient only Reference(Patient)
* patient obeys named-patient
* identified[x] 1..1
* identified[x] only dateTime
* author 1..1
* author only Reference(Device)
* evidence 0..1
* evidence.detail 1..*
* detail 1..1 MS

Profile: ContinuationProposal
Parent: ServiceRequest
Id: continuation-proposal
Title: "A proposal to continue infusions"
Description: "A response at the visit that the protocol specifies qualifies for more infusions. It is not an order: a clinician decides."
* insert OneIdentifier(proposal)
* status from ProposalStatus (required)
* intent = #proposal
* code 1..1 MS
* code from Proposals (required)
* quantity[x] 1..1
* quantity[x] only Quantity
* subject only Reference(Patient)
* subject obeys named-patient
* occurrence[x] 1..1
* occurrence[x] only dateTime
* authoredOn 1..1
* requester 1..1
* requester only Reference(Device)
* reasonReference MS
* supportingInfo 1..* MS
* note 1..1

Profile: AssessmentProvenance
Parent: Provenance
Id: assessment-provenance
Title: "The provenance of an assessment"
Description: "The versions of all inputs, the criteria as policy, and the software that made the assessment. Every resource that is written back has one, in the same transaction."
* target 1..1
* occurred[x] 0..0
* policy MS
* activity 1..1
* activity from ProvenanceActivities (required)
* agent 1..1
* agent.type 1..1
* agent.type = $participant#assembler
* agent.who only Reference(Device)
* entity MS
* entity.role = #source

Invariant: investigator-identifier
Description: "The identifier is that of the engine's assessment with .investigator at its end."
Severity: #error
Expression: "value.matches('^.+[.].+[.].+[.](overall|erythroid|neutrophil|platelet)[.][a-z0-9-]+[.]investigator$')"

Profile: InvestigatorAssessment
Parent: Observation
Id: investigator-assessment
Title: "The investigator's class"
Description: "The class that the investigator states for a visit and scope, beside the engine's, from which it is derived: who states it, and why. There is never more than one current resource with an identifier."
* extension contains $research-study named researchStudy 1..1 MS
* insert OneIdentifier(assessment)
* identifier obeys investigator-identifier
* status from AssessmentStatus (required)
* category 2..2
* category ^slicing.discriminator.type = #value
* category ^slicing.discriminator.path = "coding.system"
* category ^slicing.rules = #closed
* category contains endpoint 1..1 MS and scope 1..1 MS
* category[endpoint].coding 1..1
* category[endpoint].coding.system 1..1
* category[endpoint].coding.system = "https://fhir-trial-adapter.example/fhir/CodeSystem/observation-category"
* category[endpoint].coding.code = #trial-endpoint
* category[scope] from AssessmentScopes (required)
* category[scope].coding 1..1
* category[scope].coding.system 1..1
* category[scope].coding.system = "https://fhir-trial-adapter.example/fhir/CodeSystem/assessment-scope"
* code from AssessmentCodes (required)
* code.text 1..1
* subject 1..1 MS
* subject only Reference(Patient)
* subject obeys named-patient
* effective[x] 1..1 MS
* effective[x] only dateTime
* issued 1..1
* performer 1..1 MS
* value[x] 1..1 MS
* value[x] only CodeableConcept
* valueCodeableConcept from ResponseClasses (required)
* dataAbsentReason 0..0
* note MS
* method 1..1 MS
* method from CriteriaSets (required)
* method.coding 1..1
* method.coding.version 1..1
* component 0..0
* hasMember 0..0
* derivedFrom 1..* MS

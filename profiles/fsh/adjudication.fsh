// What only a person can state about a subject: to be sent by the site, or written by the command `adjudicate`.

Invariant: adjudication-reason
Description: "A reason is stated where the statement excludes the subject, differs from what somebody else stated, or is a class of the investigator's own."
Severity: #error
Expression: "note.text.exists() or (code.coding.where(code = 'event-adjudication').empty() and (value.ofType(boolean) = false and code.coding.where(code = 'infection-adjudication' or code = 'evaluability' or code = 'per-protocol').exists()).not() and (code.coding.where(code = 'investigator-response').exists() and value.coding.where(code = 'agree').empty()).not())"

Invariant: adjudication-answer
Description: "Evaluability, per-protocol and infection have valueBoolean; severity and response have a coded value."
Severity: #error
Expression: "(code.coding.where(code = 'evaluability' or code = 'per-protocol' or code = 'infection-adjudication').exists() implies value is boolean) and (code.coding.where(code = 'severity-at-diagnosis' or code = 'investigator-response').exists() implies value is CodeableConcept)"

Invariant: adjudication-subject-matter
Description: "An adjudicated event is the focus; a response names its visit."
Severity: #error
Expression: "(code.coding.where(code = 'event-adjudication').exists() implies focus.exists()) and (code.coding.where(code = 'investigator-response').exists() implies component.where(code.coding.where(code = 'visit').exists()).exists())"

Invariant: named-performer
Description: "The person is named by display, identifier or reference."
Severity: #error
Expression: "display.exists() or identifier.value.exists() or reference.exists()"

Profile: Adjudication
Parent: InboundObservation
Id: adjudication
Title: "What only a person can state about a subject"
Description: "Severity at diagnosis, marrow result, adjudication of an adverse event or infection, evaluability, membership of the per-protocol set, or the investigator's class for a visit: who states it, when and why. A new version replaces the older one, and entered-in-error takes it back."
* obeys adjudication-reason and adjudication-answer and adjudication-subject-matter
* status from ResultStatus (required)
* code from AdjudicationTopics (required)
* code.coding 1..*
* subject only Reference(Patient)
* focus 0..1
* focus only Reference(AdverseEvent or Condition)
* effective[x] 1..1
* effective[x] only dateTime
* issued 1..1 MS
* performer 1..1 MS
* performer obeys named-performer
* value[x] only CodeableConcept or boolean
* note MS
* dataAbsentReason 0..0
* component.code from AdjudicationParts (required)
* component.value[x] 1..1
* component.value[x] only string or CodeableConcept or Quantity or boolean or integer or dateTime

CodeSystem: AdjudicationTopic
Id: adjudication
Title: "What a person states"
Description: "The topics of adjudications."
* insert Ours
* #severity-at-diagnosis "Severity at diagnosis" "valueCodeableConcept of disease-severity; effective is the day of the diagnosis."
* #marrow-result "Marrow result" "valueBoolean: whether the marrow meets the criterion; components cellularity and clonal-finding."
* #event-adjudication "Adjudication of an adverse event" "focus is the AdverseEvent; components relation, grade, serious and of-study. What is not stated stays as it was sent."
* #infection-adjudication "Adjudication of an infection" "valueBoolean: whether it is an activated infection; components from and to; focus is the Condition, or none."
* #evaluability "Whether the subject is evaluable" "valueBoolean."
* #per-protocol "Whether the subject is in the per-protocol set" "valueBoolean."
* #investigator-response "Response by the investigator" "valueCodeableConcept of response-class, with agree of adjudication-answer where the investigator agrees with the engine; components visit and scope."
* #other "Not needed"

CodeSystem: AdjudicationPart
Id: adjudication-part
Title: "Parts of an adjudication"
Description: "The codes of its components."
* insert Ours
* #visit "Visit" "valueString: a visit of the protocol, or all for the best response."
* #scope "Scope" "valueCodeableConcept of assessment-scope; overall where it is left out."
* #from "From" "valueDateTime: first day of the infection."
* #to "To" "valueDateTime: last day of the infection."
* #relation "Relation to the study product" "valueCodeableConcept of adverse-event-causality."
* #grade "Grade" "valueInteger, 1 to 5."
* #serious "Serious" "valueBoolean."
* #of-study "Event of the study" "valueBoolean."
* #cellularity "Cellularity of the marrow" "valueQuantity in %."
* #clonal-finding "Clonal finding" "valueCodeableConcept of clonal-finding."

CodeSystem: AdjudicationAnswer
Id: adjudication-answer
Title: "Answers to the engine's class"
Description: "Beside the class that was agreed with: an agreement without it follows the engine's class, whatever it becomes."
* insert Ours
* #agree "Agrees with the engine"

CodeSystem: DiagnosedSeverity
Id: disease-severity
Title: "Severity of aplastic anaemia"
Description: "At diagnosis, as a person or the record of an EHR states it."
* insert Ours
* #SAA "Severe aplastic anaemia"
* #VSAA "Very severe aplastic anaemia"
* #NSAA "Non-severe aplastic anaemia"
* #other "Not needed"

CodeSystem: ClonalFinding
Id: clonal-finding
Title: "Clonal finding in the marrow"
Description: "Paroxysmal nocturnal haemoglobinuria does not count."
* insert Ours
* #none "No clonal finding"
* #clonal "Clonal evolution" "A new cytogenetic abnormality or morphology, neither myeloid malignancy nor an abnormality of chromosome 7."
* #high-risk "High-risk clonal evolution" "Myeloid malignancy, or an abnormality of chromosome 7."

ValueSet: AdjudicationTopics
Id: adjudication-topics
Title: "What a person states"
Description: "All codes of the code system adjudication but other."
* ^experimental = false
* include codes from system AdjudicationTopic
* exclude AdjudicationTopic#other

ValueSet: AdjudicationParts
Id: adjudication-parts
Title: "Parts of an adjudication"
Description: "All codes of the code system adjudication-part."
* ^experimental = false
* include codes from system AdjudicationPart

Instance: example-adjudication
InstanceOf: Adjudication
Title: "The investigator agrees with a partial response"
Usage: #example
* status = #final
* code = AdjudicationTopic#investigator-response
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-06-03"
* issued = "2026-06-03T09:00:00Z"
* performer.display = "Dr A. Novak"
* valueCodeableConcept.coding[0] = AdjudicationAnswer#agree
* valueCodeableConcept.coding[1] = ResponseClass#PR
* component.code = AdjudicationPart#visit
* component.valueString = "M3"

// Rules for every sender, with or without a profile claim. A resource that breaks a rule of severity error is answered
// with 422. A rule of severity warning states what a sender should send; without it, the resource is held, not refused.

Invariant: any-subject
Description: "The subject has a reference, or an identifier with a value."
Severity: #error
Expression: "reference.exists() or identifier.value.exists()"

Invariant: any-time
Description: "It should have a time; without one it is held."
Severity: #warning
Expression: "effective.exists() or specimen.exists()"

Invariant: any-performed
Description: "It should have the time at which it was performed; without one it is held."
Severity: #warning
Expression: "performed.exists()"

Invariant: any-condition-code
Description: "It should have the code of the condition; without one it is held."
Severity: #warning
Expression: "code.exists()"

Invariant: any-abated
Description: "A condition that has ended is not active (R4 con-4)."
Severity: #error
Expression: "abatement.exists() implies clinicalStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/condition-clinical' and (code = 'active' or code = 'recurrence' or code = 'relapse')).empty()"

Invariant: any-dose
Description: "A dosage has a dose or a rate (R4 mad-1)."
Severity: #error
Expression: "dose.exists() or rate.exists()"

Invariant: any-component
Description: "If the Observation has a value, no component has the same code (R4 obs-7)."
Severity: #error
Expression: "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()"

Invariant: any-reference-range
Description: "A reference range has a low, a high or a text (R4 obs-3)."
Severity: #error
Expression: "low.exists() or high.exists() or text.exists()"

Invariant: any-contact
Description: "A contact of a patient has a name, an address or an organization (R4 pat-1)."
Severity: #error
Expression: "name.exists() or telecom.exists() or address.exists() or organization.exists()"

Profile: InboundObservation
Parent: Observation
Id: inbound-observation
Title: "Any Observation sent to the adapter"
Description: "Rules for every Observation: counts, weights and all others. Values, codes and units that the adapter cannot map are held, not refused."
* obeys any-time and any-component
* subject MS
* subject obeys any-subject
* referenceRange obeys any-reference-range
* code MS
* effective[x] MS
* value[x] MS
* dataAbsentReason MS

Profile: InboundMedicationAdministration
Parent: MedicationAdministration
Id: inbound-medication-administration
Title: "Any MedicationAdministration sent to the adapter"
Description: "Only what was given counts: requests and dispensings are not used. The status not-done is a fact too."
* subject only Reference(Patient or Group)
* subject obeys any-subject
* medication[x] MS
* effective[x] MS
* dosage MS
* dosage obeys any-dose

Profile: InboundProcedure
Parent: Procedure
Id: inbound-procedure
Title: "Any Procedure sent to the adapter"
Description: "Transfusions, and cell infusions that are recorded as procedures."
* obeys any-performed
* subject only Reference(Patient or Group)
* subject obeys any-subject
* code MS
* performed[x] MS

Profile: InboundAdverseEvent
Parent: AdverseEvent
Id: inbound-adverse-event
Title: "Any AdverseEvent sent to the adapter"
Description: "R4 core, and the HL7 adverse event research backport for R4: its extensions for grade, status, seriousness criteria and resolve date are read. An outcome may also be coded in NCIt, as in the backport."
* subject obeys any-subject
* event MS
* date MS
* seriousness MS
* severity MS
* outcome MS

Profile: InboundCondition
Parent: Condition
Id: inbound-condition
Title: "Any Condition sent to the adapter"
Description: "Aplastic anaemia and infections are used; other conditions are ignored. The codes of clinicalStatus and verificationStatus are R4's."
* obeys any-condition-code and any-abated
* subject only Reference(Patient or Group)
* subject obeys any-subject
* clinicalStatus MS
* verificationStatus MS
* code MS
* onset[x] MS
* abatement[x] MS

Profile: InboundPatient
Parent: Patient
Id: inbound-patient
Title: "A Patient sent to the adapter"
Description: "Sex, birth date and death, race and ethnicity by the categories of US Core where they are known, and the site's identifiers of the patient. Names and addresses are not read: leave them out."
* contact obeys any-contact
* identifier MS
* gender MS
* birthDate MS
* deceased[x] MS

Profile: InboundResearchSubject
Parent: ResearchSubject
Id: inbound-research-subject
Title: "An enrolment"
Description: "Enrols a patient in a study. The identifier is the subject number in the system B/sid/subject/{study}. The study is ResearchStudy/{study} or its identifier. The status withdrawn stops all processing and deletes nothing."
* identifier MS
* study MS
* individual MS
* individual obeys any-subject

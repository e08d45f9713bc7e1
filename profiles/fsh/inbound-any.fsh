// What we ask of every sender, whatever he claims. An error here is what the door answers with 422; a warning is what
// he is asked for, and what is missing is held as work for a person, not refused.

Invariant: any-subject
Description: "It says whom it is about: a reference, or an identifier with a value."
Severity: #error
Expression: "reference.exists() or identifier.value.exists()"

Invariant: any-time
Description: "It should say when; without a time it is held."
Severity: #warning
Expression: "effective.exists() or specimen.exists()"

Invariant: any-performed
Description: "It should say when it was done; without a time it is held."
Severity: #warning
Expression: "performed.exists()"

Invariant: any-condition-code
Description: "It should say which condition; without a code it is held."
Severity: #warning
Expression: "code.exists()"

Invariant: any-abated
Description: "A condition that has ended is not active (R4 con-4)."
Severity: #error
Expression: "abatement.exists() implies clinicalStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/condition-clinical' and (code = 'active' or code = 'recurrence' or code = 'relapse')).empty()"

Invariant: any-dose
Description: "A dosage says a dose or a rate (R4 mad-1)."
Severity: #error
Expression: "dose.exists() or rate.exists()"

Invariant: any-component
Description: "A component repeats neither the code nor the value of the whole (R4 obs-7)."
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
Description: "What holds for every Observation, counts and weights and all others. Values, codes and units that are not understood are held, not refused."
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
Description: "Given is given: requests and dispensings are not asked for. A status that says not-done is a fact too."
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
Description: "R4 core, and the HL7 adverse event research backport for R4: its extensions for grade, status, seriousness criteria and resolve date are read. An outcome may also be coded in NCIt as the backport has it."
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
Description: "Aplastic anaemia and infections decide; others are ignored. The codes of clinicalStatus and verificationStatus are R4's."
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
Description: "Sex, birth date and death, race and ethnicity by the categories of US Core where they are known, and the identifiers by which the site knows him. Names and addresses are not read: leave them out."
* contact obeys any-contact
* identifier MS
* gender MS
* birthDate MS
* deceased[x] MS

Profile: InboundResearchSubject
Parent: ResearchSubject
Id: inbound-research-subject
Title: "An enrolment"
Description: "Enrols a patient in a study. The identifier is his subject number in the system B/sid/subject/{study}; study is ResearchStudy/{study} or its identifier; withdrawn stops everything and deletes nothing."
* identifier MS
* study MS
* individual MS
* individual obeys any-subject

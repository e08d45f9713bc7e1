/**
 * Each element as `name`, how often (`!` once, `+` once or more, `*` any number, else at most once), `:`, its types.
 * `code(a|b)` is a required code list; `name[x]` a choice, sent as `nameType`. `id` and `extension` go without saying.
 */
// From the StructureDefinitions of FHIR R4 (4.0.1), which HL7 gives to the public domain (CC0).
export const RESOURCE_SHAPES: Readonly<Record<string, string>> = {
  Observation: `
    identifier*:Identifier basedOn*:Reference partOf*:Reference
    status!:code(registered|preliminary|final|amended|corrected|cancelled|entered-in-error|unknown)
    category*:CodeableConcept code!:CodeableConcept subject:Reference focus*:Reference
    encounter:Reference effective[x]:dateTime,Period,Timing,instant issued:instant performer*:Reference
    value[x]:Quantity,CodeableConcept,string,boolean,integer,Range,Ratio,SampledData,time,dateTime,Period
    dataAbsentReason:CodeableConcept interpretation*:CodeableConcept note*:Annotation
    bodySite:CodeableConcept method:CodeableConcept specimen:Reference device:Reference
    referenceRange*:Observation.referenceRange hasMember*:Reference derivedFrom*:Reference
    component*:Observation.component`,
  'Observation.referenceRange': `
    low:Quantity high:Quantity type:CodeableConcept appliesTo*:CodeableConcept age:Range text:string`,
  'Observation.component': `
    code!:CodeableConcept
    value[x]:Quantity,CodeableConcept,string,boolean,integer,Range,Ratio,SampledData,time,dateTime,Period
    dataAbsentReason:CodeableConcept interpretation*:CodeableConcept
    referenceRange*:Observation.referenceRange`,
  MedicationAdministration: `
    identifier*:Identifier instantiates*:uri partOf*:Reference
    status!:code(in-progress|not-done|on-hold|completed|entered-in-error|stopped|unknown)
    statusReason*:CodeableConcept category:CodeableConcept medication[x]!:CodeableConcept,Reference
    subject!:Reference context:Reference supportingInformation*:Reference effective[x]!:dateTime,Period
    performer*:MedicationAdministration.performer reasonCode*:CodeableConcept reasonReference*:Reference
    request:Reference device*:Reference note*:Annotation dosage:MedicationAdministration.dosage
    eventHistory*:Reference`,
  'MedicationAdministration.performer': `
    function:CodeableConcept actor!:Reference`,
  'MedicationAdministration.dosage': `
    text:string site:CodeableConcept route:CodeableConcept method:CodeableConcept dose:Quantity
    rate[x]:Ratio,Quantity`,
  Procedure: `
    identifier*:Identifier instantiatesCanonical*:canonical instantiatesUri*:uri basedOn*:Reference
    partOf*:Reference
    status!:code(preparation|in-progress|not-done|on-hold|stopped|completed|entered-in-error|unknown)
    statusReason:CodeableConcept category:CodeableConcept code:CodeableConcept subject!:Reference
    encounter:Reference performed[x]:dateTime,Period,string,Age,Range recorder:Reference
    asserter:Reference performer*:Procedure.performer location:Reference reasonCode*:CodeableConcept
    reasonReference*:Reference bodySite*:CodeableConcept outcome:CodeableConcept report*:Reference
    complication*:CodeableConcept complicationDetail*:Reference followUp*:CodeableConcept
    note*:Annotation focalDevice*:Procedure.focalDevice usedReference*:Reference
    usedCode*:CodeableConcept`,
  'Procedure.performer': `
    function:CodeableConcept actor!:Reference onBehalfOf:Reference`,
  'Procedure.focalDevice': `
    action:CodeableConcept manipulated!:Reference`,
  AdverseEvent: `
    identifier:Identifier actuality!:code(actual|potential) category*:CodeableConcept
    event:CodeableConcept subject!:Reference encounter:Reference date:dateTime detected:dateTime
    recordedDate:dateTime resultingCondition*:Reference location:Reference seriousness:CodeableConcept
    severity:CodeableConcept outcome:CodeableConcept recorder:Reference contributor*:Reference
    suspectEntity*:AdverseEvent.suspectEntity subjectMedicalHistory*:Reference
    referenceDocument*:Reference study*:Reference`,
  'AdverseEvent.suspectEntity': `
    instance!:Reference causality*:AdverseEvent.suspectEntity.causality`,
  'AdverseEvent.suspectEntity.causality': `
    assessment:CodeableConcept productRelatedness:string author:Reference method:CodeableConcept`,
  Condition: `
    identifier*:Identifier clinicalStatus:CodeableConcept verificationStatus:CodeableConcept
    category*:CodeableConcept severity:CodeableConcept code:CodeableConcept bodySite*:CodeableConcept
    subject!:Reference encounter:Reference onset[x]:dateTime,Age,Period,Range,string
    abatement[x]:dateTime,Age,Period,Range,string recordedDate:dateTime recorder:Reference
    asserter:Reference stage*:Condition.stage evidence*:Condition.evidence note*:Annotation`,
  'Condition.stage': `
    summary:CodeableConcept assessment*:Reference type:CodeableConcept`,
  'Condition.evidence': `
    code*:CodeableConcept detail*:Reference`,
  Patient: `
    identifier*:Identifier active:boolean name*:HumanName telecom*:ContactPoint
    gender:code(male|female|other|unknown) birthDate:date deceased[x]:boolean,dateTime address*:Address
    maritalStatus:CodeableConcept multipleBirth[x]:boolean,integer photo*:Attachment
    contact*:Patient.contact communication*:Patient.communication generalPractitioner*:Reference
    managingOrganization:Reference link*:Patient.link`,
  'Patient.contact': `
    relationship*:CodeableConcept name:HumanName telecom*:ContactPoint address:Address
    gender:code(male|female|other|unknown) organization:Reference period:Period`,
  'Patient.communication': `
    language!:CodeableConcept preferred:boolean`,
  'Patient.link': `
    other!:Reference type!:code(replaced-by|replaces|refer|seealso)`,
  ResearchSubject: `
    identifier*:Identifier
    status!:code(candidate|eligible|follow-up|ineligible|not-registered|off-study|on-study|on-study-intervention|on-study-observation|pending-on-study|potential-candidate|screening|withdrawn)
    period:Period study!:Reference individual!:Reference assignedArm:string actualArm:string
    consent:Reference`,
  Medication: `
    identifier*:Identifier code:CodeableConcept status:code(active|inactive|entered-in-error)
    manufacturer:Reference form:CodeableConcept amount:Ratio ingredient*:Medication.ingredient
    batch:Medication.batch`,
  'Medication.ingredient': `
    item[x]!:CodeableConcept,Reference isActive:boolean strength:Ratio`,
  'Medication.batch': `
    lotNumber:string expirationDate:dateTime`,
  BiologicallyDerivedProduct: `
    identifier*:Identifier productCategory:code(organ|tissue|fluid|cells|biologicalAgent)
    productCode:CodeableConcept status:code(available|unavailable) request*:Reference quantity:integer
    parent*:Reference collection:BiologicallyDerivedProduct.collection
    processing*:BiologicallyDerivedProduct.processing
    manipulation:BiologicallyDerivedProduct.manipulation storage*:BiologicallyDerivedProduct.storage`,
  'BiologicallyDerivedProduct.collection': `
    collector:Reference source:Reference collected[x]:dateTime,Period`,
  'BiologicallyDerivedProduct.processing': `
    description:string procedure:CodeableConcept additive:Reference time[x]:dateTime,Period`,
  'BiologicallyDerivedProduct.manipulation': `
    description:string time[x]:dateTime,Period`,
  'BiologicallyDerivedProduct.storage': `
    description:string temperature:decimal scale:code(farenheit|celsius|kelvin) duration:Period`,
  DiagnosticReport: `
    identifier*:Identifier basedOn*:Reference
    status!:code(registered|partial|preliminary|final|amended|corrected|appended|cancelled|entered-in-error|unknown)
    category*:CodeableConcept code!:CodeableConcept subject:Reference encounter:Reference
    effective[x]:dateTime,Period issued:instant performer*:Reference resultsInterpreter*:Reference
    specimen*:Reference result*:Reference imagingStudy*:Reference media*:DiagnosticReport.media
    conclusion:string conclusionCode*:CodeableConcept presentedForm*:Attachment`,
  'DiagnosticReport.media': `
    comment:string link!:Reference`,
};

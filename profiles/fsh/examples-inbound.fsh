Instance: example-blood-count
InstanceOf: BloodCount
Title: "Platelets below a limit"
Usage: #example
* status = #final
* category[laboratory] = $category#laboratory
* code = $loinc#777-3 "Platelets [#/volume] in Blood by Automated count"
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-03-02T08:15:00+08:00"
* valueQuantity.value = 5
* valueQuantity.comparator = #<
* valueQuantity.unit = "10*9/L"
* valueQuantity.system = $ucum
* valueQuantity.code = #10*9/L

Instance: example-clotted
InstanceOf: BloodCount
Title: "A specimen that clotted"
Usage: #example
* status = #final
* category[laboratory] = $category#laboratory
* code = $loinc#777-3
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-03-02"
* dataAbsentReason = $data-absent#error
* dataAbsentReason.text = "clotted"

Instance: example-panel
InstanceOf: BloodCountPanel
Title: "A panel"
Usage: #example
* status = #final
* code = $loinc#58410-2
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-03-02T08:15:00+08:00"
* component[hemoglobin].code = $loinc#718-7
* component[hemoglobin].valueQuantity = 7.9 'g/dL' "g/dL"
* component[platelets].code = $loinc#777-3
* component[platelets].valueQuantity = 24 '10*3/uL' "K/uL"

Instance: example-weight
InstanceOf: BodyWeight
Title: "A body weight"
Usage: #example
* status = #final
* code = $loinc#29463-7
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-03-02"
* valueQuantity = 61.5 'kg' "kg"

Instance: example-cells-given
InstanceOf: CellInfusionAdministration
Title: "Cells given, dose per kg"
Usage: #example
* status = #completed
* medicationCodeableConcept = MscProduct#bm-msc
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-03-02T10:00:00+08:00"
* dosage.dose.value = 1.5
* dosage.dose.unit = "10*6.{cells}/kg"
* dosage.dose.system = $ucum
* dosage.dose.code = #10*6.{cells}/kg

Instance: example-cells-procedure
InstanceOf: CellInfusionProcedure
Title: "Cells given, as a procedure with the total dose"
Usage: #example
* status = #completed
* code.text = "Infusion of mesenchymal stromal cells"
* usedCode = MscProduct#bm-msc
* subject = Reference(Patient/example)
* performedDateTime = "2026-03-09"
* extension[cellDose].valueQuantity.value = 92
* extension[cellDose].valueQuantity.unit = "10*6.{cells}"
* extension[cellDose].valueQuantity.system = $ucum
* extension[cellDose].valueQuantity.code = #10*6.{cells}

Instance: example-transfusion
InstanceOf: Transfusion
Title: "Red cells transfused"
Usage: #example
* status = #completed
* code = $sct#116863004 "Transfusion of red blood cells"
* subject = Reference(Patient/example)
* performedPeriod.start = "2026-03-01T09:00:00+08:00"
* performedPeriod.end = "2026-03-01T11:00:00+08:00"

Instance: example-filgrastim
InstanceOf: GrowthFactor
Title: "Filgrastim given"
Usage: #example
* status = #completed
* medicationCodeableConcept = $rxnorm#68442 "filgrastim"
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-03-03"

Instance: example-headache
InstanceOf: InboundAdverseEvent
Title: "A transient headache"
Usage: #example
* actuality = #actual
* event.text = "Headache"
* subject = Reference(Patient/example)
* date = "2026-03-02T14:00:00+08:00"
* seriousness = $ae-serious#Non-serious
* severity = $ae-severity#mild
* outcome = $ae-outcome#resolved

Instance: example-condition
InstanceOf: InboundCondition
Title: "Aplastic anaemia"
Usage: #example
* clinicalStatus = $condition-clinical#active
* verificationStatus = $condition-verified#confirmed
* code = $sct#306058006
* subject = Reference(Patient/example)
* onsetDateTime = "2025-11"

Instance: example
InstanceOf: InboundPatient
Title: "A patient: no name, no address"
Usage: #example
* identifier.system = "https://hospital.example/mrn"
* identifier.value = "0001"
* gender = #female
* birthDate = "1984"

Instance: example-enrolment
InstanceOf: InboundResearchSubject
Title: "An enrolment in msc-aa"
Usage: #example
* identifier.system = "https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa"
* identifier.value = "MSC-001"
* status = #on-study
* period.start = "2026-02-20"
* study = Reference(ResearchStudy/msc-aa)
* individual = Reference(Patient/example)

Instance: example-response
InstanceOf: ResponseAssessment
Title: "A partial response at three months"
Usage: #example
* extension[researchStudy].valueReference.type = "ResearchStudy"
* extension[researchStudy].valueReference.identifier.system = "https://registry.example/studies"
* extension[researchStudy].valueReference.identifier.value = "msc-aa"
* identifier.value = "msc-aa.MSC-001.M3.overall.bsh-saa"
* status = #final
* category[endpoint].coding.code = #trial-endpoint
* category[scope].coding.code = #overall
* code = Assessment#response-at-visit
* code.text = "Response at visit M3: overall"
* subject = Reference(Patient/example)
* effectiveDateTime = "2026-06-01"
* issued = "2026-06-02T08:00:00Z"
* valueCodeableConcept = ResponseClass#PR "Partial response"
* method.coding.system = "https://fhir-trial-adapter.example/fhir/CodeSystem/criteria-set"
* method.coding.version = "1.0.0"
* method.coding.code = #bsh-saa
* note.text = "Platelets 24 10*9/L without transfusion."
* device.type = "Device"
* device.identifier.system = "https://fhir-trial-adapter.example/fhir/sid/software"
* device.identifier.value = "fhir-trial-adapter"
* derivedFrom = Reference(Observation/example-panel)

Instance: example-deviation
InstanceOf: DoseDeviation
Title: "A dose out of range"
Usage: #example
* identifier.value = "msc-aa.MSC-001.dose-out-of-range.2"
* status = #final
* code = Deviation#dose-out-of-range
* code.text = "Dose out of range: infusion 2, 2026-03-09"
* severity = #moderate
* patient = Reference(Patient/example)
* identifiedDateTime = "2026-03-10T08:00:00Z"
* author.type = "Device"
* author.identifier.system = "https://fhir-trial-adapter.example/fhir/sid/software"
* author.identifier.value = "fhir-trial-adapter"
* evidence.detail = Reference(Procedure/example-cells-procedure)
* detail = "The dose of infusion 2 was above 2 10*6/kg."

Instance: example-proposal
InstanceOf: ContinuationProposal
Title: "Infusions five to eight"
Usage: #example
* identifier.value = "msc-aa.MSC-001.M1.continue-infusions"
* status = #active
* intent = #proposal
* code = Proposal#continue-infusions
* code.text = "Infusions 5, 6, 7, 8 of the study's cell product"
* quantityQuantity.value = 4
* quantityQuantity.unit = "infusions"
* quantityQuantity.system = $ucum
* quantityQuantity.code = #{infusion}
* subject = Reference(Patient/example)
* occurrenceDateTime = "2026-04-01"
* authoredOn = "2026-04-02T08:00:00Z"
* requester.type = "Device"
* requester.identifier.system = "https://fhir-trial-adapter.example/fhir/sid/software"
* requester.identifier.value = "fhir-trial-adapter"
* supportingInfo.type = "ResearchStudy"
* supportingInfo.identifier.system = "https://registry.example/studies"
* supportingInfo.identifier.value = "msc-aa"
* note.text = "A partial response qualifies for infusions five to eight."

Instance: example-provenance
InstanceOf: AssessmentProvenance
Title: "The sources of a response"
Usage: #example
* target = Reference(Observation/example-response)
* recorded = "2026-06-02T08:00:00Z"
* policy = "https://fhir-trial-adapter.example/fhir/criteria/bsh-saa|1.0.0"
* activity = $data-operation#CREATE
* agent.type = $participant#assembler
* agent.who.type = "Device"
* agent.who.identifier.system = "https://fhir-trial-adapter.example/fhir/sid/software"
* agent.who.identifier.value = "fhir-trial-adapter"
* entity.role = #source
* entity.what = Reference(Observation/example-panel/_history/1)

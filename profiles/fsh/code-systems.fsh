RuleSet: Ours
* ^caseSensitive = true
* ^experimental = false

CodeSystem: Assessment
Id: assessment
Title: "What is assessed"
Description: "The kinds of assessment that the adapter makes of a subject."
* insert Ours
* #response-at-visit "Response at visit" "The overall class at one visit."
* #lineage-response-at-visit "Lineage response at visit" "The class of one lineage at one visit."
* #best-response "Best response" "The best class of the whole study that a second count confirms."
* #time-to-lineage-response "Time to lineage response" "Days from the first infusion to the first response of one lineage."

CodeSystem: ResponseClass
Id: response-class
Title: "Response classes"
Description: "The classes of a response."
* insert Ours
* #CR "Complete response"
* #PR "Partial response"
* #NR "No response"
* #NE "Not evaluable" "Assessed, but the data do not determine a class; the note states what is missing."

CodeSystem: CriteriaSet
Id: criteria-set
Title: "Criteria sets"
Description: "The response criteria that determine a class. The version of the coding is the version of the set."
* insert Ours
* #bsh-saa "BSH, severe aplastic anaemia"
* #bsh-nsaa "BSH, non-severe aplastic anaemia"
* #nih-saa "NIH, severe aplastic anaemia"
* #nih-epag-refractory "NIH, eltrombopag in refractory aplastic anaemia, by lineage"
* #ebmt-race "EBMT, RACE trial"
* #japan-paed "Japanese paediatric group"
* #china-1987 "China 1987"
* #china-2017 "China, expert consensus of 2017"
* #iwg2006-hi "IWG 2006, haematologic improvement"
* #pgf-epag "NCT03718533, eltrombopag in poor graft function, by lineage"
* #pang-2017 "Pang 2017" "Undefined until its text is available: always NE."
* #camitta-severity "Camitta severity" "Severity of aplastic anaemia; does not determine a response class."

CodeSystem: AssessmentScope
Id: assessment-scope
Title: "Scopes of an assessment"
Description: "All lineages together, or one lineage."
* insert Ours
* #overall "Overall"
* #erythroid "Erythroid lineage"
* #neutrophil "Neutrophil lineage"
* #platelet "Platelet lineage"

CodeSystem: TrialObservationCategory
Id: observation-category
Title: "Observation category"
Description: "The category of the Observations that the adapter writes back. HL7 has no code for it."
* insert Ours
* #trial-endpoint "Trial endpoint"

CodeSystem: Deviation
Id: deviation
Title: "Deviations from the dosing plan"
Description: "Deviations from the dosing plan that a site must see."
* insert Ours
* #dose-out-of-range "Dose out of range"
* #missed-infusion "Missed infusion"
* #displaced-infusion "Displaced infusion"
* #missing-weight "No body weight for the dose"

CodeSystem: Proposal
Id: proposal
Title: "Proposals"
Description: "What the protocol proposes as the next step."
* insert Ours
* #continue-infusions "Continue infusions"

CodeSystem: MscProduct
Id: msc-product
Title: "Cell products"
Description: "Cell products under study. No standard terminology has a confirmed code for them."
* insert Ours
* #bm-msc "Allogeneic bone-marrow mesenchymal stromal cells"

CodeSystem: Analyte
Id: analyte
Title: "What was measured"
Description: "Counts in 10*9/L, haemoglobin in g/L, weight in kg."
* insert Ours
* #wbc "Leukocytes"
* #anc "Neutrophils"
* #hemoglobin "Haemoglobin"
* #platelets "Platelets"
* #reticulocytes "Reticulocytes"
* #total-neutrophils "All neutrophils, percent of leukocytes"
* #segmented-neutrophils "Segmented neutrophils, percent of leukocytes"
* #band-neutrophils "Band neutrophils, percent of leukocytes"
* #platelet-clumps "Platelet clumps"
* #body-weight "Body weight"
* #other "Not needed"

CodeSystem: ResultCategory
Id: result-category
Title: "Categories of results"
Description: "Whether a category of Observation means a laboratory."
* insert Ours
* #laboratory "Laboratory"
* #not-laboratory "Something else"

CodeSystem: BloodComponent
Id: blood-component
Title: "Blood components"
Description: "The blood components of a transfusion, which raise counts."
* insert Ours
* #red-cells "Red cells"
* #platelets "Platelets"
* #any "Not stated" "The code does not state which component, so the transfusion confounds both."

CodeSystem: TrialCondition
Id: condition
Title: "Conditions"
Description: "The conditions that the trial uses."
* insert Ours
* #aplastic-anaemia "Aplastic anaemia"
* #infection "Infection"
* #clonal-evolution "Clonal evolution" "A new cytogenetic abnormality or morphology."
* #high-risk-clonal-evolution "High-risk clonal evolution" "Myeloid malignancy, or an abnormality of chromosome 7."
* #low-risk-clonal-evolution "Other clonal evolution" "Neither myeloid malignancy nor an abnormality of chromosome 7."

CodeSystem: Transplant
Id: transplant
Title: "Transplants"
Description: "Transplants after which the effect of the product under study can no longer be assessed."
* insert Ours
* #stem-cells "Blood-forming stem cells" "From any source and any donor."

CodeSystem: AdverseEventGrade
Id: adverse-event-grade
Title: "Grades of adverse events"
Description: "The grades of CTCAE."
* insert Ours
* #0 "No event"
* #1 "Mild"
* #2 "Moderate"
* #3 "Severe"
* #4 "Life-threatening"
* #5 "Fatal"

CodeSystem: TrialAdverseEventSeverity
Id: adverse-event-severity
Title: "Severity of adverse events"
Description: "The codes of FHIR R4."
* insert Ours
* #mild "Mild"
* #moderate "Moderate"
* #severe "Severe"

CodeSystem: TrialAdverseEventSeriousness
Id: adverse-event-seriousness
Title: "Seriousness of adverse events"
Description: "Serious in the regulatory sense, or not."
* insert Ours
* #serious "Serious"
* #non-serious "Not serious"

CodeSystem: TrialAdverseEventOutcome
Id: adverse-event-outcome
Title: "Outcomes of adverse events"
Description: "The codes of FHIR R4."
* insert Ours
* #resolved "Resolved"
* #recovering "Recovering"
* #ongoing "Ongoing"
* #resolvedWithSequelae "Resolved with sequelae"
* #fatal "Fatal"
* #unknown "Unknown"

CodeSystem: UnitSpelling
Id: unit-spelling
Title: "Spellings of units"
Description: "How senders spell units: without spaces, with micro as u and superscripts as powers. The ConceptMaps of units list them."
* ^caseSensitive = true
* ^experimental = false
* ^content = #not-present

CodeSystem: SentText
Id: sent-text
Title: "Texts of senders"
Description: "Texts that senders write instead of a code: in lower case, with single spaces. A site's ConceptMaps decide what they mean."
* ^caseSensitive = true
* ^experimental = false
* ^content = #not-present

CodeSystem: CodeWithoutSystem
Id: code-without-system
Title: "Codes without a system"
Description: "Codes that senders write without a code system. A site's ConceptMaps decide what they mean."
* ^caseSensitive = true
* ^experimental = false
* ^content = #not-present

CodeSystem: AdverseEventCriterion
Id: adverse-event-criterion
Title: "Why an adverse event is serious"
Description: "The seriousness criteria of ICH E2A."
* insert Ours
* #death "Results in death"
* #life-threatening "Is life-threatening"
* #hospitalisation "Requires or prolongs inpatient hospitalisation"
* #disability "Results in disability or incapacity"
* #congenital-anomaly "Is a congenital anomaly or birth defect"
* #medically-important "Is medically important otherwise"
* #intervention "Required intervention to prevent one of these"
* #other "Not needed"

CodeSystem: AdverseEventCausality
Id: adverse-event-causality
Title: "How an adverse event relates to the suspected cause"
Description: "As the investigator states it; never derived."
* insert Ours
* #related "Related"
* #probable "Probably related"
* #possible "Possibly related"
* #unlikely "Unlikely related"
* #not-related "Not related"
* #unassessable "Cannot be assessed"
* #other "Not needed"

CodeSystem: Presence
Id: presence
Title: "Whether a finding is present"
Description: "Whether a specimen finding such as platelet clumps is present."
* insert Ours
* #present "Present"
* #absent "Absent"
* #other "Not needed"

CodeSystem: PresenceWords
Id: presence-words
Title: "Words for a finding"
Description: "How laboratories write that a finding is present or absent, in lower case. The ConceptMap of presence lists them."
* ^caseSensitive = true
* ^experimental = false
* ^content = #not-present

CodeSystem: SpecimenType
Id: specimen-type
Title: "Whether a specimen is blood of the patient"
Description: "Venous, arterial and capillary blood is the blood that is assessed. Marrow, cord blood, blood products and other materials are not."
* insert Ours
* #blood "Blood"
* #other-material "Another material"
* #unspecified "Not stated"
* #other "Not needed"

CodeSystem: SpecimenCondition
Id: specimen-condition
Title: "Whether a specimen is fit for a count"
Description: "Counts in clotted, haemolysed, contaminated or otherwise unfit specimens are not used."
* insert Ours
* #usable "Usable"
* #unusable "Not usable"
* #unspecified "Not stated"
* #other "Not needed"

CodeSystem: SpecimenRole
Id: specimen-role
Title: "Whether a specimen is of a patient"
Description: "Control, calibration and proficiency materials are of no patient."
* insert Ours
* #patient "Of a patient"
* #control-material "Control material"
* #other "Not needed"

CodeSystem: BodySite
Id: body-site
Title: "Whether a site is one from which blood is taken"
Description: "Veins, fingers and lines are. Marrow, cord and body cavities are not."
* insert Ours
* #sampling-site "Site of blood sampling"
* #other-site "Another site"
* #unspecified "Not stated"
* #other "Not needed"

CodeSystem: FocalSubject
Id: focal-subject
Title: "Whom a result is about"
Description: "The patient, or someone or something else, such as a donor or a product."
* insert Ours
* #patient "The patient"
* #someone-else "Someone or something else"
* #other "Not needed"

CodeSystem: MeasurementMethod
Id: measurement-method
Title: "Method of a count"
Description: "How a count was made, where its code does not state it."
* insert Ours
* #automated "Automated"
* #manual "Manual"
* #estimate "Estimate"
* #unspecified "Not stated"
* #other "Not needed"

CodeSystem: SpecimenWords
Id: specimen-words
Title: "Words for specimens and methods"
Description: "How senders write types, conditions and sites of specimens, the focus and the method of a result, in lower case. The ConceptMaps of specimens and measurement-context list them."
* ^caseSensitive = true
* ^experimental = false
* ^content = #not-present

CodeSystem: AdverseEventAbsence
Id: adverse-event-absence
Title: "That there was no adverse event"
Description: "The term of an event that states its absence."
* insert Ours
* #absent "No adverse event"
* #other "Not needed"

CodeSystem: AdverseEventWords
Id: adverse-event-words
Title: "Words for adverse events"
Description: "How senders write that there was no event, in lower case. The ConceptMap of adverse-events lists them."
* ^caseSensitive = true
* ^experimental = false
* ^content = #not-present

CodeSystem: Race
Id: race
Title: "Race, by the categories that registries require"
Description: "The categories of the US Office of Management and Budget (Directive 15 of 1997), as the sender states them; never derived."
* insert Ours
* #american-indian-or-alaska-native "American Indian or Alaska Native"
* #asian "Asian"
* #black-or-african-american "Black or African American"
* #native-hawaiian-or-other-pacific-islander "Native Hawaiian or Other Pacific Islander"
* #white "White"

CodeSystem: Ethnicity
Id: ethnicity
Title: "Hispanic or Latino, or not"
Description: "The categories of the US Office of Management and Budget (Directive 15 of 1997), as the sender states them; never derived."
* insert Ours
* #hispanic-or-latino "Hispanic or Latino"
* #not-hispanic-or-latino "Not Hispanic or Latino"

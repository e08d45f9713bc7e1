RuleSet: Ours
* ^caseSensitive = true
* ^experimental = false

CodeSystem: Assessment
Id: assessment
Title: "What is assessed"
Description: "The kinds of statement that the adapter makes about a subject."
* insert Ours
* #response-at-visit "Response at visit" "The overall class at one visit."
* #lineage-response-at-visit "Lineage response at visit" "The class of one blood cell line at one visit."
* #best-response "Best response" "The best class that a second count confirms, over the whole study."
* #time-to-lineage-response "Time to lineage response" "Days from the first infusion to the first response of one line."

CodeSystem: ResponseClass
Id: response-class
Title: "Response classes"
Description: "What a response can be."
* insert Ours
* #CR "Complete response"
* #PR "Partial response"
* #NR "No response"
* #NE "Not evaluable" "Assessed, and what is known does not decide it; the note says what is missing."

CodeSystem: CriteriaSet
Id: criteria-set
Title: "Criteria sets"
Description: "The response criteria under which a class is given; the coding's version is that of the set."
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
* #pang-2017 "Pang 2017" "Undefined until its text is at hand: always NE."
* #camitta-severity "Camitta severity" "Severity of aplastic anaemia; gives no response class."

CodeSystem: AssessmentScope
Id: assessment-scope
Title: "Scopes of an assessment"
Description: "The whole blood picture, or one blood cell line."
* insert Ours
* #overall "Overall"
* #erythroid "Erythroid lineage"
* #neutrophil "Neutrophil lineage"
* #platelet "Platelet lineage"

CodeSystem: TrialObservationCategory
Id: observation-category
Title: "Observation category"
Description: "The category of what the adapter writes back, for which HL7 has none."
* insert Ours
* #trial-endpoint "Trial endpoint"

CodeSystem: Deviation
Id: deviation
Title: "Deviations from the dosing plan"
Description: "What a site must see about dosing."
* insert Ours
* #dose-out-of-range "Dose out of range"
* #missed-infusion "Missed infusion"
* #displaced-infusion "Displaced infusion"
* #missing-weight "No body weight for the dose"

CodeSystem: Proposal
Id: proposal
Title: "Proposals"
Description: "What the protocol proposes to do next."
* insert Ours
* #continue-infusions "Continue infusions"

CodeSystem: MscProduct
Id: msc-product
Title: "Cell products"
Description: "Cell products under study, for which no standard terminology has a confirmed code."
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
* #segmented-neutrophils "Segmented neutrophils, percent of leukocytes"
* #band-neutrophils "Band neutrophils, percent of leukocytes"
* #platelet-clumps "Platelet clumps"
* #body-weight "Body weight"
* #other "Not needed"

CodeSystem: BloodComponent
Id: blood-component
Title: "Blood components"
Description: "What a transfusion can raise."
* insert Ours
* #red-cells "Red cells"
* #platelets "Platelets"
* #any "Not said" "The code does not say which: it confounds both."

CodeSystem: TrialCondition
Id: condition
Title: "Conditions"
Description: "The conditions that matter to the trial."
* insert Ours
* #aplastic-anaemia "Aplastic anaemia"
* #infection "Infection"

CodeSystem: AdverseEventGrade
Id: adverse-event-grade
Title: "Grades of adverse events"
Description: "Grades of CTCAE."
* insert Ours
* #1 "Mild"
* #2 "Moderate"
* #3 "Severe"
* #4 "Life-threatening"
* #5 "Fatal"

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
Description: "How senders spell units, without blanks, with micro as u and superscripts as powers. The ConceptMaps of units list them."
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
Title: "How an adverse event relates to what is suspected"
Description: "As the investigator says; never derived."
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
Title: "Whether a finding is there"
Description: "What a specimen finding such as platelet clumps says."
* insert Ours
* #present "Present"
* #absent "Absent"
* #other "Not needed"

CodeSystem: PresenceWords
Id: presence-words
Title: "Words for a finding"
Description: "How laboratories write that a finding is there or not, in lower case. The ConceptMap of presence lists them."
* ^caseSensitive = true
* ^experimental = false
* ^content = #not-present

CodeSystem: Race
Id: race
Title: "Race, by the categories that registries ask for"
Description: "The categories of the US Office of Management and Budget (Directive 15 of 1997); as the sender says, never derived."
* insert Ours
* #american-indian-or-alaska-native "American Indian or Alaska Native"
* #asian "Asian"
* #black-or-african-american "Black or African American"
* #native-hawaiian-or-other-pacific-islander "Native Hawaiian or Other Pacific Islander"
* #white "White"

CodeSystem: Ethnicity
Id: ethnicity
Title: "Hispanic or Latino, or not"
Description: "The categories of the US Office of Management and Budget (Directive 15 of 1997); as the sender says, never derived."
* insert Ours
* #hispanic-or-latino "Hispanic or Latino"
* #not-hispanic-or-latino "Not Hispanic or Latino"

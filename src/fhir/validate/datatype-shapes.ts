/** As in resource-shapes.ts, for the data types that those resources use (FHIR R4 4.0.1 StructureDefinitions, CC0). */
export const DATATYPE_SHAPES: Readonly<Record<string, string>> = {
  Meta: `
    versionId:id lastUpdated:instant source:uri profile*:canonical security*:Coding tag*:Coding`,
  Narrative: `
    status:code(generated|extensions|additional|empty) div:xhtml`,
  Extension: `
    url!:uri value[x]:*`,
  Identifier: `
    use:code(usual|official|temp|secondary|old) type:CodeableConcept system:uri value:string
    period:Period assigner:Reference`,
  Reference: `
    reference:string type:uri identifier:Identifier display:string`,
  CodeableConcept: `
    coding*:Coding text:string`,
  Period: `
    start:dateTime end:dateTime`,
  Timing: `
    event*:dateTime repeat:Timing.repeat code:CodeableConcept`,
  'Timing.repeat': `
    bounds[x]:Duration,Range,Period count:positiveInt countMax:positiveInt duration:decimal
    durationMax:decimal durationUnit:code(s|min|h|d|wk|mo|a) frequency:positiveInt
    frequencyMax:positiveInt period:decimal periodMax:decimal periodUnit:code(s|min|h|d|wk|mo|a)
    dayOfWeek*:code(mon|tue|wed|thu|fri|sat|sun) timeOfDay*:time
    when*:code(MORN|MORN.early|MORN.late|NOON|AFT|AFT.early|AFT.late|EVE|EVE.early|EVE.late|NIGHT|PHS|HS|WAKE|C|CM|CD|CV|AC|ACM|ACD|ACV|PC|PCM|PCD|PCV)
    offset:unsignedInt`,
  Quantity: `
    value:decimal comparator:code(<|<=|>=|>) unit:string system:uri code:code`,
  Range: `
    low:Quantity high:Quantity`,
  Ratio: `
    numerator:Quantity denominator:Quantity`,
  SampledData: `
    origin!:Quantity period!:decimal factor:decimal lowerLimit:decimal upperLimit:decimal
    dimensions!:positiveInt data:string`,
  Annotation: `
    author[x]:Reference,string time:dateTime text!:markdown`,
  Age: `
    value:decimal comparator:code(<|<=|>=|>) unit:string system:uri code:code`,
  HumanName: `
    use:code(usual|official|temp|nickname|anonymous|old|maiden) text:string family:string given*:string
    prefix*:string suffix*:string period:Period`,
  ContactPoint: `
    system:code(phone|fax|email|pager|url|sms|other) value:string use:code(home|work|temp|old|mobile)
    rank:positiveInt period:Period`,
  Address: `
    use:code(home|work|temp|old|billing) type:code(postal|physical|both) text:string line*:string
    city:string district:string state:string postalCode:string country:string period:Period`,
  Attachment: `
    contentType:code language:code data:base64Binary url:url size:unsignedInt hash:base64Binary
    title:string creation:dateTime`,
  Coding: `
    system:uri version:string code:code display:string userSelected:boolean`,
  Count: `
    value:decimal comparator:code(<|<=|>=|>) unit:string system:uri code:code`,
  Distance: `
    value:decimal comparator:code(<|<=|>=|>) unit:string system:uri code:code`,
  Duration: `
    value:decimal comparator:code(<|<=|>=|>) unit:string system:uri code:code`,
  Money: `
    value:decimal currency:code`,
  Signature: `
    type+:Coding when!:instant who!:Reference onBehalfOf:Reference targetFormat:code sigFormat:code
    data:base64Binary`,
  Dosage: `
    sequence:integer text:string additionalInstruction*:CodeableConcept patientInstruction:string
    timing:Timing asNeeded[x]:boolean,CodeableConcept site:CodeableConcept route:CodeableConcept
    method:CodeableConcept doseAndRate*:Dosage.doseAndRate maxDosePerPeriod:Ratio
    maxDosePerAdministration:Quantity maxDosePerLifetime:Quantity`,
  'Dosage.doseAndRate': `
    type:CodeableConcept dose[x]:Range,Quantity rate[x]:Ratio,Range,Quantity`,
};

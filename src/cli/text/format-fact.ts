import { formatPersonStatement, formatStatedBy } from '../../trial/adjudication/format-adjudication.ts';
import type { Fact, MeasuredValue } from '../../trial/facts.ts';
import { formatMeasured } from '../../trial/format-measured.ts';

function formatAmount(measured: MeasuredValue | null, absentReason: string | null): string {
  if (measured === null) return `absent: ${absentReason ?? 'no reason'}`;
  return formatMeasured(measured);
}

/** Formats a fact as one line, in the trial's terms and units. */
export function formatFact(fact: Fact): string {
  switch (fact.kind) {
    case 'differential':
      return `${fact.cells} ${formatAmount(fact.percent, fact.absentReason)} % (${fact.status})`;
    case 'finding':
      return `${fact.finding} ${fact.present ? 'present' : 'absent'} (${fact.status})`;
    case 'lab':
      return `${fact.analyte} ${formatAmount(fact.measured, fact.absentReason)} (${fact.status})`;
    case 'weight':
      return `${fact.kilograms} kg`;
    case 'infusion':
      return `${fact.product} ${fact.status}${fact.dose ? ` ${fact.dose.value} per ${fact.dose.per}` : ''}`;
    case 'transfusion':
      return `${fact.component} ${fact.units ?? ''}`.trim();
    case 'medication':
      return `${fact.agent} (${fact.role})`;
    case 'adverse-event':
      return fact.term;
    case 'condition':
      return `${fact.highRisk ? 'high-risk ' : ''}${fact.condition}${fact.active ? '' : ' (not active)'}`;
    case 'person':
      return `${fact.sex ?? 'sex unknown'}, born ${fact.birthDate ?? 'unknown'}`;
    case 'transplant':
      return 'stem cell transplant';
    case 'death':
      return 'death';
    case 'withdrawal':
      return 'entered in error or cancelled';
    case 'settlement':
      return `${fact.chosen} chosen by a person`;
    case 'adjudication':
      return `${formatPersonStatement(fact.statement)}, ${formatStatedBy(fact)}`;
  }
}

/** Returns the conversion of the sent value, in words; empty where it was not converted. */
export function getConversionText(fact: Fact): string {
  return 'original' in fact ? (fact.original.conversion ?? '') : '';
}

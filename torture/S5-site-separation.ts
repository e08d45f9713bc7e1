/**
 * S5: another site's object is answered as a missing one. Every route and interaction, asked through every door after what is
 * there at the other site and after what is nowhere; the answers must be equal but for times and request ids.
 */
import { checkSeparation, openSeparatedSites } from '../test/auth/sandbox/site-probes.ts';
import type { Bar, BarContext, BarResult } from './bar.ts';

/** Rounds of the whole: in every second one, what is nowhere is asked after first. */
const ROUNDS = 20;

async function runS5({ share }: BarContext): Promise<BarResult> {
  const sites = await openSeparatedSites();
  try {
    const rounds = Math.max(2, Math.round(ROUNDS * share));
    const { asked, leaks } = await checkSeparation(sites, { rounds });
    const control = await checkSeparation(sites, { asOwner: true });
    return {
      counts: { requests: asked, rounds, leaks: leaks.length },
      breaches: leaks,
      control: { name: 'the owner asks', found: control.leaks.length },
    };
  } finally {
    await sites.close();
  }
}

export const siteSeparationBar: Bar = {
  id: 'S5',
  name: 'a site learns nothing of another',
  run: runS5,
};

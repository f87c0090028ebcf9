/** S16: nothing grows. Switchyard is soaked (`npm run soak` is the same run); everybody does the 3,000 requests. */
import { isMet, reachedText } from "../../bench/board.ts";
import { plans } from "../../soak/plan.ts";
import { soak } from "../../soak/run.ts";
import { threeThousand, type Endured } from "../../soak/three-thousand.ts";
import type { BoardCase, CaseContext, Finding } from "../board/case.ts";
import { builtCli } from "../board/subjects.ts";

/** Of 3,000 requests with a connection each, after the first half. */
const maxGrownMb = 20;

export const s16: BoardCase = {
  id: "S16",
  title: "soak: 10,000 connections to 500 hosts, 1,000,000 flows; then 3,000 requests over new connections",
  aim: "heap < 10 MB for 10⁶ flows, descriptors = start, memory < 20 MB",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "Peers are run on the 3,000 requests alone: they have no flow log, no rules and no control API to soak. The heap's growth is judged by what its samples leave no doubt about (two standard errors).",
  async run(context): Promise<Finding> {
    const endured = await threeThousand(context.subject, context.of({ short: 40, usual: 3_000, full: 3_000 }));
    const requests = judged(endured);
    if (context.subject !== "switchyard") return requests;
    const soaked = await soakedWell(context);
    return {
      figure: `${soaked.figure}; ${requests.figure}`,
      kept: soaked.kept && requests.kept,
      details: [...(soaked.details ?? []), ...(requests.details ?? [])],
    };
  },
};

async function soakedWell({ amount, random, say }: CaseContext): Promise<Finding> {
  const outcome = await soak({ plan: plans[amount], seed: random.seed, cli: await builtCli(), say });
  const missed = outcome.aims.filter((aim) => !isMet(aim));
  return {
    figure: outcome.figure,
    kept: missed.length === 0,
    details: [...missed.map((aim) => `${aim.text}: ${reachedText(aim)}`), ...outcome.failures],
  };
}

function judged({ perSecond, residentMb, leftOver, leftOverText, failures }: Endured): Finding {
  const [before, halfway, after] = residentMb;
  const grown = after - halfway;
  return {
    figure: `${perSecond.toFixed(0)} requests/s, memory ${before.toFixed(0)} → ${halfway.toFixed(0)} → ${after.toFixed(0)} MB, ${leftOver} descriptors left`,
    kept: leftOver === 0 && grown < maxGrownMb && failures.length === 0,
    details: [
      ...(leftOver === 0 ? [] : [`left open: ${leftOverText}`]),
      ...(grown < maxGrownMb ? [] : [`memory grew by ${grown.toFixed(0)} MB in the second half`]),
      ...failures.slice(0, 5),
    ],
  };
}

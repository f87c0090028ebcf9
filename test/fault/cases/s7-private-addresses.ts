/** T5: where a client may not be taken, however it writes it down. The oracle is the address that was really dialled. */
import { readFileSync } from "node:fs";
import { createFakeCa } from "../../support/fake-ca.ts";
import { createOpened } from "../../support/opened.ts";
import { readToEnd, tcp } from "../../support/proxy-clients.ts";
import { startRawOrigin } from "../../support/raw-origin.ts";
import { tempFolder } from "../../support/temp.ts";
import type { BoardCase, CaseContext } from "../board/case.ts";
import { inTurns } from "../board/in-turns.ts";
import { startSubject, type SubjectName } from "../board/subjects.ts";
import { forms, names, shapes, type Meaning } from "../drill/addresses.ts";

const preload = new URL("../drill/dial-log.mjs", import.meta.url);
const firstPort = 20_000;
const lastPort = 29_999;

interface Rule {
  readonly policy: "refuse" | "auto";
  readonly never: readonly Meaning[];
  /** Addresses that a name with changing answers must not lead to. */
  readonly neverDialled: RegExp;
}

const rules: readonly Rule[] = [
  {
    policy: "refuse",
    never: ["metadata", "loopback", "private"],
    neverDialled: /^(?:127\.|169\.254\.|10\.|fd|::1$|::ffff:)/,
  },
  // On a loopback listener a child's git must reach the intranet; metadata and ourselves are off limits for everybody.
  { policy: "auto", never: ["metadata"], neverDialled: /^(?:169\.254\.|fd00:ec2|::ffff:169)/ },
];

export const privateAddresses: BoardCase = {
  id: "S7",
  title: "T5: requests to loopback, private and metadata addresses that reach them",
  aim: "0",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "each form as CONNECT, absolute form, origin form and upgrade. Switchyard with `private_destinations: refuse` (nothing may be reached) and `auto` on loopback (the intranet may, metadata services and the proxy itself may not); the peers have no such setting and are counted as for `refuse`.",
  async run(context) {
    const details: string[] = [];
    const counts: string[] = [];
    let broken = 0;
    for (const rule of context.subject === "switchyard" ? rules : rules.slice(0, 1)) {
      const { tried, reached } = await drill(context, context.subject, rule);
      broken += reached.length;
      counts.push(`${reached.length} of ${tried} (${rule.policy})`);
      details.push(...reached.map((what) => `${rule.policy}: ${what}`));
      context.say(counts.at(-1) ?? "");
    }
    return { figure: counts.join(", "), kept: broken === 0 && forms.length >= 80, details };
  },
};

async function drill(
  { say, amount }: CaseContext,
  name: SubjectName,
  rule: Rule,
): Promise<{ readonly tried: number; readonly reached: readonly string[] }> {
  const opened = createOpened();
  try {
    const recorder = opened.add(await startRawOrigin({ host: "::", speaksFirst: true }));
    void recorder.play((connection) => connection.end());
    const folder = opened.add(tempFolder("dials"));
    const log = folder.file("dials.txt", "");
    const ca = opened.add(createFakeCa());
    const env = {
      NODE_OPTIONS: `--import ${preload.href}`,
      DIAL_LOG: log,
      DIAL_PORTS: [firstPort, lastPort, recorder.port].join(),
      DIAL_NAMES: JSON.stringify(names),
    };
    const config = { upstream: { private_destinations: rule.policy } };
    const subject = opened.add(await startSubject(name, { ca, origins: {}, env, core: { config } }));
    const own = new URL(subject.url).port;
    // What `auto` permits is not asked again and again in the short run.
    const isAsked = (text: string, means: Meaning): boolean =>
      amount !== "short" ||
      rule.policy === "refuse" ||
      rule.never.includes(means) ||
      /^(?:10\.0\.0\.1|flips.*)$/.test(text);
    const attempts = [
      ...forms
        .filter(({ text, means }) => isAsked(text, means))
        .flatMap((form) => shapes.map((shape) => ({ form, shape }))),
      // A name that changes its answers is asked often enough to have changed.
      ...forms
        .filter(({ means }) => means === "flips")
        .flatMap((form) => [...shapes, ...shapes].map((shape) => ({ form, shape }))),
    ].map((attempt, index) => ({ ...attempt, port: firstPort + index }));
    let tried = 0;
    const ask = async (bytes: string): Promise<void> => {
      if (!subject.isAlive()) return;
      tried += 1;
      const socket = await tcp(subject.url).catch(() => null);
      if (socket === null) return;
      // What it answers is not the question here.
      socket.setTimeout(4_000, () => socket.destroy());
      socket.end(Buffer.from(bytes));
      await readToEnd(socket).catch(() => {});
      socket.destroy();
    };
    await inTurns(attempts, 16, ({ form, shape, port }) => ask(shape[1](`${form.text}:${port}`)));
    const toItself = name === "switchyard" ? forms.filter(({ means }) => means === "loopback") : [];
    await inTurns(toItself, 8, ({ text }) => ask(`CONNECT ${text}:${own} HTTP/1.1\r\nHost: x\r\n\r\n`));
    if (!subject.isAlive()) say(`${name} died after ${tried} requests`);

    const dialled = readFileSync(log, "utf8").trim().split("\n");
    if (rule.policy === "auto" && !dialled.some((line) => line.startsWith("10.0.0.1 "))) {
      throw new Error("the drill saw no connection, not even one that is permitted");
    }
    const reached: string[] = subject.isAlive() || name !== "switchyard" ? [] : ["the process died"];
    for (const line of dialled) {
      const [address = "", port = ""] = line.split(" ");
      if (port === own) reached.push(`itself, dialled as ${address}`);
      const attempt = attempts.find((one) => String(one.port) === port);
      if (attempt === undefined) continue;
      const { form, shape } = attempt;
      const isForbidden = form.means === "flips" ? rule.neverDialled.test(address) : rule.never.includes(form.means);
      if (isForbidden) reached.push(`${shape[0]} to ${form.text} reached ${address}`);
    }
    return { tried, reached };
  } finally {
    await opened.closeAll();
  }
}

/** Hostile text on its way to the terminal: in every field, on every screen. */
import { startHarness, status, type Harness } from "./harness.ts";
import { hostileFlow } from "./hostile.ts";

/** Puts the text wherever something from outside can stand, looks at every screen, and collects what they show. Close its harness. */
export async function walkHostile(
  text: (field: string) => string,
  size = { columns: 200, rows: 60 },
  color = true,
): Promise<Walked> {
  const flow = hostileFlow("hostile", text);
  const harness = startHarness({ ...size, color, flow: () => flow });
  const shown: string[] = [];
  const look = async (): Promise<void> => void shown.push(...(await harness.screen()));
  const core = (event: Record<string, unknown>): void => harness.emit({ type: "core", event });
  harness.emit({
    type: "hello",
    status: {
      ...status,
      host: text("proxy host"),
      version: text("version"),
      ca: { path: text("CA path"), fingerprint: text("fingerprint"), expiresAt: text("expiry"), scope: [] },
      config: { path: text("config path"), exists: true, error: text("config error"), warnings: [], routes: 1 },
    },
    flows: [],
  });
  await look();
  core({ type: "notice", level: "warn", area: text("notice area"), text: text("notice text") });
  await look();
  core({ type: "out-of-scope", host: text("out of scope host"), fix: text("out of scope fix") });
  await look();
  core({ type: "config-rejected", message: text("rejected config") });
  await look();
  core({ type: "config-reloaded", path: text("reloaded path") });
  harness.emit({ type: "lost", why: text("why lost"), retryInMs: 10 });
  await look();
  core({
    type: "certificate-refused",
    host: text("refused host"),
    message: text("refusal message"),
    fix: text("refusal fix"),
    cause: text("refusal cause"),
  });
  await look();
  harness.press("\u001b\r");
  await look();
  harness.press("q");
  harness.emit({ type: "flow", flow });
  harness.press("gf");
  await look();
  harness.press(`/\u001b[200~${text("pasted filter")}\u001b[201~`);
  await look();
  harness.press("\u001b");
  harness.press("\r");
  for (const key of ["1", "2", "r", "3", "r", "4", "r", "5", "6", "w"]) {
    harness.press(key);
    await look();
  }
  harness.press(`/\u001b[200~${text("pasted search")}\u001b[201~\r`);
  await look();
  // The hint that the search found nothing would go with any key, a repaint included.
  harness.press("g");
  await look();
  return { harness, shown: shown.join("\n") };
}

export interface Walked {
  readonly harness: Harness;
  readonly shown: string;
}

/** S11: canaries in every place that a credential can be, and a search for them in every place that anything can be read. */
import { createOpened } from "../../support/opened.ts";
import type { BoardCase } from "../board/case.ts";
import { hitsIn } from "../secrets/canaries.ts";
import { sinksOf } from "../secrets/sinks.ts";
import { startSecretStage } from "../secrets/stage.ts";

export const secretCase: BoardCase = {
  id: "S11",
  title:
    "secret canaries found in any sink: twelve characters in a row of any of them, plain, in base64, for URLs, in JSON, in hexadecimal, wrapped",
  aim: "0",
  peers: [],
  remark: "the proxies of the other columns hold no credentials and have no sinks of their own",
  async run({ amount, random, say }) {
    const opened = createOpened();
    try {
      const stage = await startSecretStage(opened, random);
      say(`${stage.canaries.length} canaries, ${stage.calls} calls`);
      const sinks = await sinksOf(stage, amount !== "short");
      const hits = [...sinks].flatMap(([sink, text]) =>
        hitsIn(text, stage.canaries).map(({ canary, form, around }) => `${sink}: ${canary.place}, ${form}: ${around}`),
      );
      const masks = [...sinks.values()].reduce((sum, text) => sum + text.split("•••").length - 1, 0);
      return {
        figure: `${hits.length} hits of ${stage.canaries.length} canaries in ${sinks.size} sinks (${masks} masks)`,
        kept: hits.length === 0 && masks > 50 && stage.canaries.length >= 50,
        details: hits,
      };
    } finally {
      await opened.closeAll();
    }
  },
};

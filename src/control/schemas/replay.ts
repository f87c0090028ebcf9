/** What may be ordered when a call is made again. */
import * as v from "valibot";
import { clientIds } from "../../base/flow.ts";
import { filledText, listOf, oneOf, text } from "./words.ts";

export const replayWish = v.pipe(
  v.strictObject({
    via: v.exactOptional(filledText("`provider/model`, `combo/NAME`, an alias, or a name as the gateway takes it.")),
    model: v.exactOptional(filledText("The model to ask for.")),
    client: v.exactOptional(oneOf(clientIds, "Whose call the rules take it for.")),
    body: v.exactOptional(
      v.union([
        text("The body as text; what is masked in it stands for what was masked in the call's own."),
        v.pipe(v.record(v.string(), v.unknown()), v.description("The body as JSON.")),
      ]),
    ),
    headers: v.exactOptional(
      v.union([
        v.pipe(v.record(v.string(), v.string()), v.description("By name.")),
        listOf(v.tuple([text("Name."), text("Value.")]), "In their order."),
      ]),
    ),
  }),
  v.description("Everything that is left out stays as it was."),
);

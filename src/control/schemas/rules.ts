/** The routing rules: what is in force, and what they would say. */
import * as v from "valibot";
import type { RouteAnswer, RouteQuestion, RouteRow } from "../../base/controls.ts";
import type { NewRouteJson } from "../../base/controls-engine.ts";
import { whyStep } from "./flows.ts";
import { shapeOf } from "./shape.ts";
import { count, filledText, listOf, oneOf, text, wholeNumber } from "./words.ts";

const ruleNumber = wholeNumber(1, 1_000_000, "Its place in the file, counted from 1.");

export const routeRow = shapeOf<RouteRow>()(
  "A routing rule; the first that matches decides.",
  v.strictObject({
    number: ruleNumber,
    match: v.pipe(
      v.strictObject({
        client: v.exactOptional(text("Client ids.")),
        host: v.exactOptional(text("Hosts.")),
        path: v.exactOptional(text("Paths.")),
        model: v.exactOptional(text("Models.")),
      }),
      v.description("Globs; what is absent matches everything."),
    ),
    to: text("`provider/model`, `combo/NAME`, an alias, `*/claude-*`, `passthrough` or `block`."),
    fallback: oneOf(["error", "passthrough"], "When every target has failed before the first byte."),
    enabled: v.pipe(v.boolean(), v.description("Switched off it keeps its place, and matches nothing.")),
    hits: count("How many flows it decided since it was loaded."),
  }),
);

export const routeQuestion = shapeOf<RouteQuestion>()(
  "A call that is not made.",
  v.strictObject({
    client: text("The client's id, as `claude-code`."),
    host: v.nullable(text("The host it calls; null: Switchyard's own port.")),
    model: text("The model it asks for."),
    path: v.exactOptional(text("Default: the path that the host's own dialect uses.")),
  }),
);

export const routeAnswer = shapeOf<RouteAnswer>()(
  "Where a call would go, and why.",
  v.strictObject({
    action: oneOf(
      ["passthrough", "reroute", "block", "refuse"],
      "`refuse`: of a call to Switchyard's own port, when nobody serves what it asks for.",
    ),
    rule: v.nullable(wholeNumber(1, 1_000_000, "The rule that decided, counted from 1; null when none matched.")),
    to: v.nullable(text("What that rule says.")),
    targets: listOf(
      v.strictObject({
        provider: text("Who would be asked."),
        model: text("For which model, in the provider's words."),
        account: v.nullable(text("With which account now; null where none can serve, or none is wanted.")),
        format: text("In which wire format."),
      }),
      "In the order in which they would be tried.",
    ),
    why: listOf(whyStep, "Step by step."),
  }),
);

export const routePlace = wholeNumber(1, 1_000_000, "A place among the rules, counted from 1.");

export const newRoute = shapeOf<NewRouteJson>()(
  "A rule for config.yaml.",
  v.strictObject({
    match: v.exactOptional(
      v.pipe(
        v.strictObject({
          client: v.exactOptional(filledText("A client's id.")),
          host: v.exactOptional(filledText("Hosts.")),
          path: v.exactOptional(filledText("Paths.")),
          model: v.exactOptional(filledText("Models.")),
        }),
        v.description("Globs; what is absent matches everything."),
      ),
    ),
    to: filledText("`provider/model`, `combo/NAME`, an alias, `*/claude-*`, `passthrough` or `block`."),
    fallback: v.exactOptional(oneOf(["error", "passthrough"], "When every target has failed before the first byte.")),
    at: v.exactOptional(routePlace),
  }),
);

export const newRouteReply = v.pipe(v.strictObject({ number: ruleNumber }), v.description("Where it stands now."));

export const newCombo = v.pipe(
  v.strictObject({ members: listOf(filledText("`provider/model`."), "In the order in which they are tried.") }),
  v.description("Several targets under one name."),
);

export const newAlias = v.pipe(
  v.strictObject({ target: filledText("What it stands for: `provider/model` or `combo/NAME`.") }),
  v.description("Another name for a model."),
);

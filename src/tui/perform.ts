/** Does what effects ask for: the one place of the UI, besides the loaders, that reaches outside. */
import { safeLine } from "../base/safe-text.ts";
import { unreachable } from "../base/unreachable.ts";
import type { TuiSource } from "./source.ts";
import type { Effect } from "./state/effect.ts";
import type { Notice, ScreenId } from "./state/ui.ts";
import { whyOf } from "./state/why-of.ts";

export interface Hands {
  readonly source: Pick<TuiSource, "ask" | "exportTo" | "exportText">;
  readonly after: (ms: number, callback: () => void) => () => void;
  say(level: Notice["level"], text: string): void;
  hint(text: string): void;
  open(dialog: Extract<Effect, { type: "dialog" }>["dialog"]): void;
  /** False: more than a terminal takes. */
  copy(text: string): boolean;
  /** Null: nothing was saved, with why in a notice where that is not the person's own wish. */
  edit(text: string, suffix: string): Promise<string | null>;
  /** @param isNew it may not be in the list yet */
  openFlow(id: string, isNew: boolean): void;
  mark(marked: Iterable<string>): void;
  show(screen: ScreenId): void;
  filter(text: string, tunnels: boolean): void;
  /** What the screen shows may be out of date. */
  stale(): void;
}

export function perform(effect: Effect, hands: Hands): void {
  const goOn = (following: Effect | null): void => {
    if (following !== null) perform(following, hands);
  };
  const failed = (error: unknown): void => hands.say("error", whyOf(error));
  switch (effect.type) {
    case "ask":
      hands.source
        .ask(effect.method, effect.path, effect.body, "long")
        .then((answer) => {
          goOn(effect.done(answer));
          hands.stale();
        })
        .catch((error: unknown) => {
          if (effect.failed === undefined) failed(error);
          else goOn(effect.failed(whyOf(error)));
          hands.stale();
        });
      return;
    case "export":
      hands.source
        .exportTo(effect.file, effect.question)
        .then((calls) =>
          hands.say("info", safeLine(`${calls} ${calls === 1 ? "call" : "calls"} written to ${effect.file}`)),
        )
        .catch(failed);
      return;
    case "export-text":
      hands.source
        .exportText(effect.question)
        .then((text) => goOn(effect.done(text)))
        .catch(failed);
      return;
    case "edit":
      hands
        .edit(effect.text, effect.suffix)
        .then((text) => {
          if (text === null) hands.hint("nothing was changed, so nothing was done");
          else goOn(effect.done(text));
        })
        .catch(failed);
      return;
    case "copy":
      if (hands.copy(effect.text)) hands.say("info", `copied: ${effect.what}`);
      else hands.say("warn", `${effect.what} is more than a terminal takes; export it (x) instead`);
      return;
    case "later":
      hands.after(effect.ms, () => perform(effect.effect, hands));
      return;
    case "all":
      for (const each of effect.effects) perform(each, hands);
      return;
    case "say":
      return hands.say(effect.level, effect.text);
    case "hint":
      return hands.hint(effect.text);
    case "dialog":
      return hands.open(effect.dialog);
    case "open-flow":
      return hands.openFlow(effect.id, effect.isNew === true);
    case "mark":
      return hands.mark(effect.marked);
    case "show":
      return hands.show(effect.screen);
    case "filter":
      return hands.filter(effect.text, effect.tunnels === true);
    default:
      return unreachable(effect);
  }
}

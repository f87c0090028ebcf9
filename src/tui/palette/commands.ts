/** Everything that can be run by name: the verbs with an argument, then whatever has a key, here or on another screen. */
import { bindingsOf, type Binding, type Context, contextOf, keymap, shownKeys } from "../keymap.ts";
import type { PaletteCommand, Place } from "./command.ts";
import { verbs } from "./verbs.ts";

/** Commands that mean nothing without the key that was pressed; `go` and `tab` say it in words. */
const needKeys: ReadonlySet<string> = new Set(["screen", "tab", "palette"]);

export function commandsAt(place: Place): readonly PaletteCommand[] {
  const here = contextOf(place.ui);
  const known = verbs(place);
  const taken = new Set(known.map(({ name }) => name));
  const commands: PaletteCommand[] = [...known];
  const add = (binding: Binding, possible: true | string): void => {
    const name = nameOf(binding);
    if (binding.title === "" || needKeys.has(binding.command) || taken.has(name)) return;
    taken.add(name);
    const [key = ""] = binding.keys;
    commands.push({
      name,
      takes: "",
      title: binding.title,
      key: shownKeys(binding),
      possible,
      run: () => ({ type: "binding", binding, key }),
    });
  };
  const mine = bindingsOf(here);
  for (const binding of mine) add(binding, binding.possible?.(place) ?? true);
  for (const binding of keymap) {
    const [first] = binding.contexts;
    if (first !== undefined && !binding.contexts.includes(here)) add(binding, `only ${placeName(first)}`);
  }
  // What moves the cursor is there by name too, but nobody looks for it first.
  return [...commands.filter(isNoMove), ...commands.filter((command) => !isNoMove(command))];

  function isNoMove({ name }: PaletteCommand): boolean {
    return !mine.some((binding) => binding.group === "Move" && nameOf(binding) === name);
  }
}

function nameOf(binding: Binding): string {
  return binding.name ?? binding.action ?? binding.command;
}

function placeName(context: Context): string {
  if (context === "detail") return "in a flow's detail";
  return context === "help" ? "in the help" : `on the screen ${context}`;
}

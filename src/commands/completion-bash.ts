/** Completion for bash, from version 3.2 on (macOS has no newer one). It has no place for descriptions. */
import { argumentSpecs, type CommandNode, spec } from "./completion-tree.ts";

export function bashScript(tree: readonly CommandNode[]): string {
  return `# bash completion for switchyard; made by \`switchyard completion bash\`
__switchyard_node() {
  __sw_commands="" __sw_options="" __sw_arguments="" __sw_passes=""
  case "$1" in
${tree.map(nodeCase).join("\n")}
  esac
}
__switchyard_value() {
  case "$1" in
${tree.flatMap(valueCases).join("\n")}
  *) return 1 ;;
  esac
}
__switchyard_reply() {
  local found="" line
  case "$1" in
  @files) compopt -o filenames 2>/dev/null; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2"); return ;;
  @folders) compopt -o filenames 2>/dev/null; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$2"); return ;;
  @commands) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$2"); return ;;
  @*) found="$("$__sw_program" __complete "\${1#@}" 2>/dev/null | cut -f1)" ;;
  *) found="\${1//,/$'\\n'}" ;;
  esac
  while IFS= read -r line; do
    [[ -n $line && $line == "$2"* ]] && COMPREPLY+=("$line")
  done <<< "$found"
}
_switchyard() {
  local __sw_commands __sw_options __sw_arguments __sw_passes __sw_value __sw_program="\${COMP_WORDS[0]}"
  local line="\${COMP_LINE:0:COMP_POINT}" at="" raw=0 waits="" count=0 word i cur prefix=""
  local -a words
  # Bash cuts words at ":" and "=", which names of models and options hold.
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  __switchyard_node ""
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    word="\${words[i]}"
    if [[ -n $waits ]]; then waits=""; continue; fi
    if [[ $raw == 0 && $word == -- ]]; then raw=1; continue; fi
    if [[ $raw == 0 && $word == -* ]]; then
      [[ $word != *=* ]] && __switchyard_value "$at $word" && waits="$__sw_value"
      continue
    fi
    if [[ $raw == 0 && $count == 0 && " $__sw_commands " == *" $word "* ]]; then
      at="\${at:+$at }$word"
      __switchyard_node "$at"
      continue
    fi
    count=$((count + 1))
  done
  if [[ -n $waits ]]; then
    __switchyard_reply "$waits" "$cur"
  elif [[ $raw == 0 && $cur == --*=* ]]; then
    prefix="\${cur%%=*}="
    __switchyard_value "$at \${cur%%=*}" && __switchyard_reply "$__sw_value" "\${cur#*=}"
  elif [[ -n $__sw_passes && $count -gt 0 ]]; then
    __switchyard_reply @files "$cur"
  elif [[ $raw == 0 && $cur == -* ]]; then
    __switchyard_reply "\${__sw_options// /,}" "$cur"
  else
    [[ $count == 0 && $raw == 0 ]] && __switchyard_reply "\${__sw_commands// /,}" "$cur"
    local -a wanted
    read -ra wanted <<< "$__sw_arguments"
    local last=$((\${#wanted[@]} - 1)) value=""
    if [[ $count -le $last ]]; then value="\${wanted[count]}"
    elif [[ $last -ge 0 && \${wanted[last]} == *... ]]; then value="\${wanted[last]}"; fi
    value="\${value%...}"
    [[ -n $value && $value != @anything ]] && __switchyard_reply "$value" "$cur"
  fi
  # What stands before the last of those marks is on the line already.
  if [[ -z $prefix && $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    prefix="\${cur%"\${cur##*:}"}"
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]="\${COMPREPLY[i]#"$prefix"}"; done
  fi
}
complete -F _switchyard switchyard
`;
}

function nodeCase(node: CommandNode): string {
  return [
    `  "${node.path}")`,
    `__sw_commands="${node.commands.map(({ name }) => name).join(" ")}"`,
    `__sw_options="${node.options.flatMap(({ flags }) => flags).join(" ")}"`,
    `__sw_arguments="${argumentSpecs(node).join(" ")}"`,
    node.passesOn ? "__sw_passes=1 ;;" : ";;",
  ].join(" ");
}

function valueCases({ path, options }: CommandNode): readonly string[] {
  return options.flatMap(({ flags, value }) =>
    value === null ? [] : [`  ${flags.map((flag) => `"${path} ${flag}"`).join("|")}) __sw_value="${spec(value)}" ;;`],
  );
}

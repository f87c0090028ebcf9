/** Completion for PowerShell (5.1 and 7), with descriptions. The table is JSON; the walk over it is the same as elsewhere. */
import { argumentSpecs, type CommandNode, spec } from "./completion-tree.ts";

export function pwshScript(tree: readonly CommandNode[]): string {
  const table = Object.fromEntries(tree.map((node) => [`/${node.path}`, tableOf(node)]));
  return `# PowerShell completion for switchyard; made by \`switchyard completion pwsh\`
Register-ArgumentCompleter -Native -CommandName switchyard -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $table = ConvertFrom-Json @'
${JSON.stringify(table)}
'@
    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -le $cursorPosition } | ForEach-Object { $_.ToString() })
    $program = $elements[0]
    $words = @($elements | Select-Object -Skip 1)
    if ($wordToComplete -ne '' -and $words.Count -gt 0) { $words = @($words | Select-Object -SkipLast 1) }
    $at = ''; $node = $table.'/'; $raw = $false; $waits = $null; $count = 0
    foreach ($word in $words) {
        if ($null -ne $waits) { $waits = $null; continue }
        if (-not $raw -and $word -eq '--') { $raw = $true; continue }
        if (-not $raw -and $word.StartsWith('-')) {
            $waits = $node.values.$word
            continue
        }
        if (-not $raw -and $count -eq 0 -and $null -ne $node.commands.$word) {
            $at = "$at $word".Trim(); $node = $table."/$at"; continue
        }
        $count++
    }
    $offer = @()
    $spec = ''
    if ($null -ne $waits) { $spec = $waits }
    elseif (-not $raw -and $wordToComplete.StartsWith('-')) {
        $offer = @($node.options.PSObject.Properties | ForEach-Object { ,@($_.Name, $_.Value) })
    }
    else {
        if (-not $raw -and $count -eq 0) { $offer = @($node.commands.PSObject.Properties | ForEach-Object { ,@($_.Name, $_.Value) }) }
        $arguments = @($node.arguments)
        if ($count -lt $arguments.Count) { $spec = $arguments[$count] }
        elseif ($arguments.Count -gt 0 -and $arguments[-1].EndsWith('...')) { $spec = $arguments[-1] }
        $spec = $spec -replace '\\.\\.\\.$', ''
    }
    if ($spec -in '@files', '@folders', '@commands', '@anything') { return }
    if ($spec.StartsWith('@')) {
        $offer += @(& $program __complete $spec.Substring(1) 2>$null | ForEach-Object { $name, $about = $_ -split "\`t", 2; ,@($name, $about) })
    }
    elseif ($spec -ne '') { $offer += @($spec -split ',' | ForEach-Object { ,@($_, $_) }) }
    foreach ($one in $offer) {
        if (-not $one[0].StartsWith($wordToComplete)) { continue }
        $about = if ([string]::IsNullOrEmpty($one[1])) { $one[0] } else { $one[1] }
        [System.Management.Automation.CompletionResult]::new($one[0], $one[0], 'ParameterValue', $about)
    }
}
`;
}

function tableOf(node: CommandNode): object {
  return {
    commands: Object.fromEntries(node.commands.map(({ name, description }) => [name, description])),
    options: Object.fromEntries(
      node.options.flatMap(({ flags, description }) => flags.map((flag) => [flag, description])),
    ),
    values: Object.fromEntries(
      node.options.flatMap(({ flags, value }) => (value === null ? [] : flags.map((flag) => [flag, spec(value)]))),
    ),
    arguments: argumentSpecs(node),
  };
}

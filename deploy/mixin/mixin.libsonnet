// Rules and dashboards as a jsonnet mixin. It reads the files that alerts/generate.py and dashboards/generate.py wrote,
// and changes in their text what _config says. Needs std.parseYaml: jsonnet 0.18 or go-jsonnet 0.18, or later.
local standard = (import 'config.libsonnet')._config.labels;

(import 'config.libsonnet') + {
  local config = $._config,
  local others = config.labels[1:],

  // One text after another in place of what stands there.
  local replaced(text, changes) = std.foldl(function(text, change) std.strReplace(text, change[0], change[1]), changes, text),

  // The same for each of some labels, without a space between.
  local each(labels, one) = std.join('', [one(label) for label in labels]),

  local where(label) = '{{ with $labels.%s }}, %s {{ . }}{{ end }}' % [label, label],
  local link(label) = '{{ with $labels.%s }}&var-%s={{ . | urlquery }}{{ end }}' % [label, label],

  // The labels of an installation, at every place where alerts/generate.py writes them.
  local labelChanges = if config.labels == standard then [] else [
    ['(' + std.join(', ', standard), '(' + std.join(', ', config.labels)],
    [each(standard[1:], where), each(others, where)],
    [each(standard[1:], link), each(others, link)],
    [each(standard[1:], function(label) ',%s=%%q' % label), each(others, function(label) ',%s=%%q' % label)],
    [std.join(' ', ['$labels.' + label for label in standard]), std.join(' ', ['$labels.' + label for label in config.labels])],
  ],

  local matchers(labels) = std.join(', ', ['%s=~"$%s"' % [label, label] for label in labels]),
  local addresses = [
    ['https://hookline.invalid', config.runbook],
    ['https://grafana.invalid', config.grafana],
    ['job="hookline"', 'job="%s"' % config.job],
  ],

  local groups = std.parseYaml(replaced(importstr '../../alerts/hookline.rules.yml', labelChanges + addresses)).groups,

  local judged(rule) = if std.get(rule, 'alert') != 'HooklineDestinationDown' then rule else rule {
    'for': '%dm' % (config.downMinutes - 5),
    labels+: { severity: config.downSeverity },
    annotations+: {
      description: std.strReplace(super.description, ' for 30 minutes', ' for %d minutes' % config.downMinutes),
    },
  },

  local kept(field) = [
    group { rules: [judged(rule) for rule in group.rules if std.objectHas(rule, field)] }
    for group in groups
    if std.length([rule for rule in group.rules if std.objectHas(rule, field)]) > 0
  ],

  // A dashboard's variables: one for each label, with the matchers of those before it.
  local variables(list) = [
    local label = config.labels[number];
    local query = 'label_values(hookline_build_info{%s}, %s)' % [matchers(config.labels[:number]), label];
    std.filter(function(one) one.name == standard[1], list)[0] {
      name: label,
      label: std.asciiUpper(label[0]) + label[1:],
      query: query,
      definition: query,
    }
    for number in std.range(1, std.length(config.labels) - 1)
  ],

  local dashboard(text) =
    local read = std.parseJson(replaced(text, [
      [std.strReplace(matchers(standard), '"', '\\"'), std.strReplace(matchers(config.labels), '"', '\\"')],
    ] + labelChanges + addresses));
    local list = read.templating.list;
    read {
      templating+: {
        list: if config.labels == standard then list else
          [one for one in list if one.name == 'datasource' || one.name == 'job'] + variables(list) + [one for one in list if one.name == 'instance'],
      },
    },

  prometheusAlerts+:: { groups+: kept('alert') },
  prometheusRules+:: { groups+: kept('record') },
  grafanaDashboards+:: {
    'hookline-overview.json': dashboard(importstr '../../dashboards/hookline-overview.json'),
    'hookline-validation.json': dashboard(importstr '../../dashboards/hookline-validation.json'),
    'hookline-delivery.json': dashboard(importstr '../../dashboards/hookline-delivery.json'),
    'hookline-stores.json': dashboard(importstr '../../dashboards/hookline-stores.json'),
    'hookline-process.json': dashboard(importstr '../../dashboards/hookline-process.json'),
  },
}

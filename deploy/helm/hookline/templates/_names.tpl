{{/* The name of everything: the release's, and the chart's if that is not in it. */}}
{{- define "hookline.name" -}}
{{- if contains "hookline" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-hookline" .Release.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* By these the services and the budget know the pods. The first is also the name of the scrape job. */}}
{{- define "hookline.selector" -}}
app.kubernetes.io/name: hookline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hookline.labels" -}}
{{ include "hookline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The Secret with the Auth Token. */}}
{{- define "hookline.tokenSecret" -}}
{{- .Values.authToken.existingSecret | default (printf "%s-token" (include "hookline.name" .)) }}
{{- end }}

// What people change; see docs/kubernetes.md.
{
  _config+:: {
    // The name of the scrape job.
    job: 'hookline',
    // The labels that tell one installation from another, `job` first. One that Prometheus does not set does no harm.
    labels: ['job', 'cluster', 'namespace'],
    // Where docs/runbook.md can be read, and where Grafana is.
    runbook: 'https://hookline.invalid',
    grafana: 'https://grafana.invalid',
    // An application that takes nothing for so many minutes, over 5, is of that severity.
    downMinutes: 30,
    downSeverity: 'critical',
  },
}

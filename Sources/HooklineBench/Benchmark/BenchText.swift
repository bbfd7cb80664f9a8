/// The report for people, in the parts in which it is printed.
enum BenchText {
    private static let columns: [(title: String, percent: Double)] = [
        ("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p99.9", 99.9), ("longest", 100),
    ]
    private static let width = 10

    /// What is asked, and where.
    static func head(_ report: BenchReport) -> String {
        "hookline bench   \(report.options.url)\n       metrics   \(report.metricsURL)\n"
    }

    /// The first step.
    static func single(_ figures: SingleFigures) -> String {
        "\n1  Single messages, one after another\n" + answers(figures.answers)
            + titles() + row("response time", figures.response)
    }

    /// The head of the second step, before it begins.
    static func loadTitle(_ options: BenchOptions) -> String {
        "\n2  Concurrent load: \(FigureText.count(options.rate)) a second "
            + "for \(options.seconds) s, at most \(FigureText.count(options.connections)) "
            + "connections\n"
    }

    /// The second step.
    static func load(_ figures: LoadFigures, connections: Int) -> String {
        var text = answers(figures.answers)
        text += titles() + row("from the due time", figures.response)
        text += row("from the start", figures.service)
        text += row("started late by", figures.startLateness)
        text += "   \(FigureText.count(figures.mostUnderWay)) under way at most"
        if figures.waited > 0 {
            text +=
                ", \(FigureText.count(figures.waited)) waited for one of "
                + "\(FigureText.count(connections)) connections"
        }
        text += ", generator busy \(Int(figures.busyShare * 100 + 0.5)) %\n"
        if figures.isInterrupted {
            text +=
                "   ended early: \(FigureText.count(figures.due)) of "
                + "\(FigureText.count(figures.planned)) were due\n"
        }
        return text
    }

    /// The third step.
    static func check(_ judgements: [Judgement]) -> String {
        let asks = judgements.map(\.asks.count).max() ?? 0
        let verdicts = judgements.map(\.verdict.rawValue.count).max() ?? 0
        let lines = judgements.map { judgement in
            "   " + FigureText.left(judgement.verdict.rawValue.uppercased(), max(7, verdicts))
                + "  "
                + judgement.requirement + "  " + FigureText.left(judgement.asks, asks) + "  "
                + judgement.measured + "\n"
        }
        return "\n3  Requirements\n" + lines.joined()
    }

    /// The head of the fourth step.
    static func stepTitle(seconds: Int) -> String {
        "\n4  Benchmark: \(seconds) s a step, from the due time\n" + "   "
            + FigureText.right("a second", width) + FigureText.right("answered", width)
            + columns.map { FigureText.right($0.title, width) }.joined()
            + FigureText.right("generator", width) + "\n"
    }

    /// A line of the fourth step.
    static func step(_ figures: LoadFigures) -> String {
        var line =
            "   " + FigureText.right(FigureText.count(figures.rate), width)
            + FigureText.right(FigureText.count(figures.answersPerSecond), width)
        for column in columns {
            let time = figures.response.percentile(column.percent)
            line += FigureText.right(FigureText.duration(time), width)
        }
        line += FigureText.right("\(Int(figures.busyShare * 100 + 0.5)) %", width)
        if let shortfall = figures.shortfall { return line + "   not held: \(shortfall)\n" }
        if !figures.meetsTarget { return line + "   not held: the target was missed\n" }
        return line + (figures.keepsUp ? "\n" : "   not held: a backlog grew\n")
    }

    /// The end of the fourth step.
    static func highest(_ report: BenchReport) -> String {
        guard let rate = report.highestRate else { return "   no rate was held\n" }
        return "   highest rate held: \(FigureText.count(rate)) a second\n"
    }

    /// The last line.
    static func end(_ report: BenchReport) -> String {
        if report.isInterrupted { return "\nended early: the check is not complete\n" }
        let counts = Dictionary(grouping: report.judgements, by: \.verdict).mapValues(\.count)
        var words = ["\(counts[.pass] ?? 0) passed"]
        if let failed = counts[.fail] { words.append("\(failed) failed") }
        if let unclear = counts[.inconclusive] { words.append("\(unclear) inconclusive") }
        if let skipped = counts[.skipped] { words.append("\(skipped) skipped") }
        return "\n\(words.joined(separator: ", "))\n"
    }

    /// A line of progress.
    static func progress(_ figures: LoadFigures) -> String {
        let seconds = Int(Double(figures.elapsedNanoseconds) / 1e9 + 0.5)
        let underWay = figures.sent - figures.answers.total
        return FigureText.right("\(seconds) s", 8)
            + FigureText.right("\(FigureText.count(figures.due)) due", 16)
            + FigureText.right("\(FigureText.count(figures.answers.answered)) answered", 20)
            + FigureText.right("\(FigureText.count(underWay)) under way", 18)
            + FigureText.right("\(FigureText.count(figures.due - figures.sent)) waiting", 16)
            + "   99 % within \(FigureText.duration(figures.response.percentile(99)))"
    }

    private static func answers(_ answers: AnswerCounts) -> String {
        answers.sorted.map { "   \(FigureText.count($0.count)) × \($0.words)\n" }.joined()
    }

    private static let labelWidth = 22

    private static func titles() -> String {
        "   " + FigureText.left("", labelWidth)
            + columns.map { FigureText.right($0.title, width) }.joined() + "\n"
    }

    private static func row(_ label: String, _ times: LatencyDistribution) -> String {
        let cells = columns.map { column in
            times.count == 0 ? "-" : FigureText.duration(times.percentile(column.percent))
        }
        return "   " + FigureText.left(label, labelWidth)
            + cells.map { FigureText.right($0, width) }.joined() + "\n"
    }
}

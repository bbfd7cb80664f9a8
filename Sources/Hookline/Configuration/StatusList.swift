/// A list of HTTP statuses as people write them: `400,422`.
enum StatusList {
    /// Reads statuses of the class 4xx but those that say something else; an empty text is none.
    static func parse(_ text: String) throws(SettingProblem) -> [Int] {
        var statuses: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: text.isEmpty) {
            guard let status = Int(part.drop { $0 == " " }), (400...499).contains(status) else {
                throw SettingProblem("\"\(text)\" is not a list of statuses from 400 to 499")
            }
            guard ![401, 403, 404, 405, 408, 425, 429].contains(status) else {
                throw SettingProblem(
                    "\(status) says nothing about a message: it is always tried again")
            }
            statuses.append(status)
        }
        return statuses
    }
}

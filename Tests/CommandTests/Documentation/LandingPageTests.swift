import Foundation
import Testing

/// The landing page leads to everything.
@Suite struct LandingPageTests {
    @Test func everyArticleAndEveryPublicTypeIsListed() throws {
        let landing = try Page.article("Uploads").lines.section("Topics").joined(separator: "\n")
        let articles = Page.all.map { $0.name.replacing(".md", with: "") }
            .filter { !["README", "Uploads", "UploadQueue"].contains($0) }
        try #require(articles.count > 5)
        for article in articles { #expect(landing.contains("- <doc:\(article)>"), "\(article)") }

        let declaration = #/^public (?:struct|enum|final class|actor) (\w+)/#
        let types = try Page.sources(of: "Uploads").flatMap { file in
            try Page(file).lines.filter { $0.hasPrefix("public ") }.compactMap { $0.firstMatch(of: declaration)?.1 }
        }
        try #require(types.count > 5)
        for type in types { #expect(landing.contains("- ``\(type)``"), "\(type)") }
    }

    @Test func theLinksOfTheReadmeLeadToArticles() throws {
        let text = try Page(Page.root.appending(path: "README.md")).lines.joined(separator: "\n")
        let links = text.matches(of: #/\]\((Sources[^)]+)\)/#).map { String($0.1) }
        try #require(links.count > 5)
        for link in links {
            #expect(FileManager.default.fileExists(atPath: Page.root.appending(path: link).path), "\(link)")
        }
    }
}

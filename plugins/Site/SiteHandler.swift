internal import PluginKit

/// Serves files below a root, with conditional requests and single ranges (RFC 9110 §13, §14).
///
/// Looking a file up and reading a small one blocks the event loop: meant for local disks, where both come from memory.
struct SiteHandler: HTTPHandler {
    private let files: FileStore
    private let index: String
    private let fallback: String?
    private let cacheControl: String

    /// Throws `SettingError` if the root is no folder, or `index` or `fallback` are not files to be had in it.
    init(_ settings: Settings, _ context: HandlerContext) throws {
        let root = settings.string("root") ?? ""
        let folder = root.hasPrefix("/") ? root : "\(context.directory)/\(root)"
        guard try FileStatus(at: folder)?.kind == .folder else {
            throw SettingError("root", message: "there is no folder '\(folder)'")
        }
        files = FileStore(root: folder)
        index = settings.string("index") ?? "index.html"
        guard let name = SitePath(index), name.isFileName else {
            throw SettingError("index", message: "'\(index)' is not the name of a file", hint: "try 'index.html'")
        }
        fallback = settings.string("fallback")
        if let fallback {
            guard let path = SitePath(fallback), case .file = try files.find(path.text) else {
                throw SettingError("fallback", message: "there is no file '\(fallback)' in the root")
            }
        }
        // Zero and no setting mean the same: ask each time. The word for that is no-cache.
        let seconds = settings.duration("cache")?.components.seconds ?? 0
        cacheControl = seconds > 0 ? "max-age=\(seconds)" : "no-cache"
    }

    func respond(to request: Request) -> Reply {
        guard request.method == .get || request.method == .head else {
            var response = error(405, "only GET and HEAD", request)
            response.headers.append("Allow", "GET, HEAD")
            return .now(response)
        }
        do {
            return .now(try answer(request))
        } catch {
            return .failed(error)
        }
    }

    private func answer(_ request: Request) throws(FileError) -> Response {
        guard let path = SitePath(of: request) else { return error(404, "not found", request) }
        // A route like /docs/{file...} may lead here from /docs too.
        if path.isFolder && !request.path.hasSuffix("/") { return redirectIntoFolder(request) }
        switch try files.find(path.isFolder ? path.text + index : path.text) {
        case .file(let file):
            return FileResponse(file: file, cacheControl: cacheControl).response(to: request)
        case .folder where !path.isFolder:
            return redirectIntoFolder(request)
        case .folder, .nothing:
            if let fallback, !path.hasExtension, case .file(let page) = try files.find(fallback) {
                return FileResponse(file: page, cacheControl: cacheControl).response(to: request)
            }
            return error(404, "not found", request)
        }
    }

    /// Relative links in a folder's index only work if its path ends with a slash.
    private func redirectIntoFolder(_ request: Request) -> Response {
        // One slash in front: with two, a browser would read the next segment as a host.
        let path = "/" + request.path.drop { $0 == "/" } + "/"
        let query = request.query.map { "?" + $0 } ?? ""
        return Response(status: 308, headers: ["Location": path + query])
    }

    private func error(_ status: Int, _ message: String, _ request: Request) -> Response {
        ErrorEnvelope(status: status, message: message, requestID: request.id).response
    }
}

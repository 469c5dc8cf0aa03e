//! The words by which crawlers, previewers and monitors declare themselves, and those that only look like it. Where a
//! word must stand is a [`Sign`]; `+` stands for a space.

/// Signs of a crawler wherever they stand, even inside a longer word.
const ANYWHERE: &str = "crawl spider slurp scrape scraping scrapy fetcher harvest validator headless phantomjs \
    lighthouse prerender screenshot thumbnail linkcheck link+check linkpreview link+preview webpreview \
    web+preview uripreview urlpreview opengraph archiver archiving analyzer analyser analytics monitoring \
    downtime uptime pagespeed page+speed speedtest speed+test backlink webmaster sitemap indexer aggregator \
    extractor sitecheck healthcheck health+check puppeteer playwright selenium webdriver feedpars plagia favicon \
    searchengine search+engine imageproxy imgproxy synthetic newsgather securityheaders linkwalk researchscan \
    unshorten siphon sitesucker";

/// Words that end a name: `Googlebot/2.1`, `SiteMonitor`, `feedFetch-2`. Left out, because phones and television
/// sets carry them: seeker, hunter, discovery, recorder, mirror; and `proxy`, which marks a browser behind one.
const ENDING: &str = "bot bots robots fetch monitor monitors checker scanner collector parser preview grabber \
    gatherer finder reaper ripper sniffer watcher detector inspector tester probe prober pinger feed feeds \
    reader copier webcopy capture indexing archive insight insights snippet resolver expander unfurler verifier \
    verify verification validation auditor audit survey surveyor classifier agent mapper profiler converter \
    exporter recon searcher";

/// Words that begin a name: `bot-test`, `RobotX`, `rssreader`.
const STARTING: &str = "bot- bot_ bot/ botify robot rss feed fetch scan monitor probe archive linkchk check_ \
    check- seo- opensearch";

/// Words that must stand alone.
const WHOLE: &str = "ping pings checks research seo index onebox webscan";

/// Crawlers, previewers, monitors and scanners that give no such sign; matched where a word begins.
pub(super) const NAMES: &str = "google- googleother googleassociation mediapartners feedburner facebookexternal \
    facebookcatalog meta-external whatsapp/ skypeuri vkshare embedly iframely mastodon/ bluesky blogtrottr \
    feedly feedbin inoreader newsblur tiny+tiny akregator liferea nextcloud-news flipboardproxy bingpreview \
    mail.ru_bot teoma yeti/ daumoa ichiro sogou+web sogou+pic sosoimage hatena livedoor y!j- ysearch w3c_ w3c- \
    jigsaw/ httrack heritrix larbin grub-client xenu+link webcopier webzip teleport offline+explorer cyotek \
    siteimprove silktide sitebulb screaming+frog netcraft datanyze wappalyzer builtwith brandwatch meltwater \
    mention/ semantic-visions panscient linkdex owler postrank adbeat outbrain moreover trendiction gigablast \
    datadog newrelic pingdom catchpoint dareboost gtmetrix ptst site24x7 statuscake uptrends zabbix nagios \
    icinga prometheus blackbox kube-probe googlehc elb-health rigor ruxit dynatrace calibre netvigie hydrozen \
    montools zgrab zmap masscan nmap nikto sqlmap nessus qualys openvas acunetix wpscan nuclei censys shodan \
    zmeu morfeus jorgee netsparker arachni w3af burp hubspot tineye qwantify seznam robozilla browsershots \
    webcollage neustar nutch onetrust termly sitelock watchtowr l9explore l9tcpid chatgpt-user oai- anthropic \
    claude- perplexity- cohere-ai diffbot mistralai manus-user gemini-deep ltx71 turnitin ia_archiver \
    commoncrawl colly amazon-route53 cloudflare- sqwatcher";

/// HTTP clients: an agent that begins with one of these is no crawler unless it says more.
const CLIENTS: &str = "curl libcurl php-curl pycurl wget httpie aria2 axel/ lftp python- python/ aiohttp httpx \
    urllib go-http-client go+1 go-resty req/ okhttp java/ java- apache-http jakarta+ commons-httpclient \
    async-http ahc/ jersey jetty unirest feign reactor-netty vert.x ktor akka-http sttp scala/ clj-http retrofit \
    volley spring axios got node node-fetch undici superagent needle request deno bun/ libwww lwp www-mechanize \
    mechanize perl http-tiny anyevent ruby faraday typhoeus httparty rest-client http.rb excon php guzzle \
    symfony zend pear+ http_request buzz/ winhttp restsharp .net powershell postman insomnia reqwest ureq hyper/ \
    isahc surf/ dart dalvik cfnetwork alamofire hackney mint/ finch tesla erlang elixir lua-resty libsoup httr \
    r/ julia fetch+libfetch libfetch http_client httpclient http-client http_get apachebench wrk k6/ \
    vegeta hey/ mozacfetch siege jmeter \
    apache-jmeter gatling locust h2load";

/// These look like a sign but belong to people's browsers and phones; each ends where the sign it explains away ends.
const PEOPLE: &str = "cubot idbot user-agent user+agent technology+preview technology%20preview";

/// What browsers that wrote `compatible;` wrote behind it: their own name or their platform. Internet Explorer stopped
/// at 10; a crawler only names itself there.
const PLATFORMS: &str = "msie trident konqueror icab opera omniweb windows win32 linux x11 mac android risc+os \
    amiga beos os/2 haiku syllable brew polaris teleca up/ u; ms-office symbian netfront";

/// Ends of host names: with a name before, a contact address without its scheme (`linkdex.com/v2.0`).
const DOMAINS: &str = ".com .org";

/// What a word means, and where it must stand to mean it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sign {
    Anywhere,
    Ending,
    Starting,
    Whole,
    Contact,
    Email,
    Domain,
    Compatible,
    Platform,
    Client,
    Person,
}

/// The general signals.
pub(super) const GENERAL: [(&str, Sign); 11] = [
    (ANYWHERE, Sign::Anywhere),
    (ENDING, Sign::Ending),
    (STARTING, Sign::Starting),
    (WHOLE, Sign::Whole),
    ("http:// https:// www. (at)", Sign::Contact),
    ("@", Sign::Email),
    (DOMAINS, Sign::Domain),
    ("compatible;", Sign::Compatible),
    (PLATFORMS, Sign::Platform),
    (CLIENTS, Sign::Client),
    (PEOPLE, Sign::Person),
];
